import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { z } from 'zod';
import { afterTest } from './cleanup.ts';
import { callTool, startAgent, textOfAnswer } from './hub-process.ts';
import { BIN, eventually, exitOf, startProcess, textOf } from './processes.ts';
import { temporaryDirectory } from './registrations.ts';

const ODD = fileURLToPath(new URL('../fixtures/stdio-odd.mjs', import.meta.url));

/** The command of the odd server, with the faults named by `flags`. */
export function odd(...flags: readonly string[]): string[] {
  return [process.execPath, ODD, ...flags];
}

/** The script of an npm package's server. */
export function serverOf(name: string): string {
  return fileURLToPath(
    new URL(`../../node_modules/@modelcontextprotocol/${name}/dist/index.js`, import.meta.url),
  );
}

const registration = z.looseObject({
  id: z.string(),
  name: z.string(),
  port: z.number(),
  pid: z.number(),
  nonce: z.string(),
  token: z.string().optional(),
});

/** A `signalbox run` process. */
export class RunProcess {
  readonly child: ChildProcess;
  readonly directory: string;
  #stderr = '';

  /** `args` go before `--`, `command` after it. */
  constructor(
    command: readonly string[],
    args: readonly string[] = [],
    {
      directory = temporaryDirectory(),
      env = {},
    }: { directory?: string; env?: Readonly<Record<string, string>> } = {},
  ) {
    this.directory = directory;
    const own = ['run', '--instances-dir', directory, ...args, '--', ...command];
    this.child = startProcess(process.execPath, [BIN, ...own], env);
    this.child.stderr?.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    // Lets it stop its servers before it is killed.
    afterTest(() => this.end());
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Its registration, once it has registered. */
  registered(name?: string): Promise<z.infer<typeof registration>> {
    return eventually(() => {
      if (this.child.exitCode !== null) throw new Error(`run has ended: ${this.#stderr}`);
      const found = readdirSync(this.directory)
        .filter((file) => file.endsWith('.json'))
        .map((file) =>
          registration.parse(JSON.parse(readFileSync(join(this.directory, file), 'utf8'))),
        )
        .find((each) => each.pid === this.child.pid && (name === undefined || each.name === name));
      return registration.parse(found);
    });
  }

  /** Stops it like Ctrl-C. Resolves with its exit code. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    this.child.kill(signal);
    return exitOf(this.child);
  }

  /** Its exit code and output, once it exits on its own. */
  async outcome(): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const [stdout, code] = await Promise.all([textOf(this.child.stdout), exitOf(this.child)]);
    return { code, stdout, stderr: this.#stderr };
  }
}

/** An agent of a hub that watches the directory of `run`, connected to its instance. */
export async function agentOf(
  run: RunProcess,
  options: Parameters<typeof startAgent>[1] = {},
): ReturnType<typeof startAgent> {
  const { id } = await run.registered();
  const agent = await startAgent(run.directory, options);
  const answer = await callTool(agent.client, 'instances_connect', { instance_id: id });
  expect(answer).not.toHaveProperty('isError');
  return agent;
}

/** The process that serves an agent. */
export const pidOf = async ({ client }: Awaited<ReturnType<typeof startAgent>>) =>
  Number(textOfAnswer(await callTool(client, 'pid')));

/** The `initialize` request of a raw client. */
export const INITIALIZE = {
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'by hand', version: '0' },
  },
};

/** Posts a raw message, with the token if there is one. */
export const post = (
  { port, token }: { readonly port: number; readonly token?: string | undefined },
  headers: Readonly<Record<string, string>> = {},
  message: object = INITIALIZE,
  { path = '/mcp', signal = null }: { path?: string; signal?: AbortSignal | null } = {},
) =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal,
  });
