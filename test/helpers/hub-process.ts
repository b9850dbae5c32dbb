import type { ChildProcess } from 'node:child_process';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  getDefaultEnvironment,
  StdioClientTransport,
} from '@modelcontextprotocol/sdk/client/stdio.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { afterTest } from './cleanup.ts';
import { asDeclared } from './declared-output.ts';
import { type Frame, FrameAgent } from './frame-agent.ts';
import { BIN, exitOf, startProcess, textOf } from './processes.ts';

/** On a busy machine, startup takes longer than a second: let first answers wait for it. */
function hubArguments(directory: string, args: readonly string[]): string[] {
  return [BIN, 'hub', '--instances-dir', directory, '--settle', '15s', ...args];
}

/** The parts of a tool result that tests inspect. */
const toolAnswer = z.looseObject({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().default('') })),
  structuredContent: z.record(z.string(), z.any()).optional(),
  isError: z.boolean().optional(),
});

export type ToolAnswer = z.infer<typeof toolAnswer>;

/** Calls a tool. Resolves with the unchanged answer, including unknown fields. */
export async function callTool(
  client: Client,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
  options: { signal?: AbortSignal; timeout?: number } = {},
): Promise<ToolAnswer> {
  const answer = await client.request(
    { method: 'tools/call', params: { name, arguments: args } },
    toolAnswer,
    options,
  );
  return asDeclared(name, answer);
}

/** The text of a tool result. */
export function textOfAnswer({ content }: ToolAnswer): string {
  return content.map(({ text }) => text).join('');
}

/** The official client over stdio, with its own hub that watches `directory`. */
export async function startAgent(
  directory: string,
  {
    args = [],
    capabilities = {},
    cwd,
    env = {},
    prepare,
  }: {
    args?: readonly string[];
    capabilities?: ClientCapabilities;
    cwd?: string;
    /** In addition to the environment of every process. */
    env?: Readonly<Record<string, string>>;
    /** Sets handlers before the client connects. */
    prepare?: (client: Client) => void;
  } = {},
): Promise<{ client: Client; stderr: () => string; close: () => Promise<void> }> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: hubArguments(directory, args),
    stderr: 'pipe',
    env: {
      ...getDefaultEnvironment(),
      XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? '',
      ...env,
    },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const client = new Client({ name: 'test-agent', version: '1.2.3' }, { capabilities });
  prepare?.(client);
  await client.connect(transport);
  const close = () => client.close();
  afterTest(close);
  return { client, stderr: () => stderr, close };
}

/** Pipes lines into a hub, closes its stdin, and resolves with its answers. */
export async function pipeToHub(
  directory: string,
  lines: readonly (object | string)[],
  args: readonly string[] = [],
): Promise<{ answers: Frame[]; stderr: string; code: number | null }> {
  const child = startProcess(process.execPath, hubArguments(directory, args));
  const output = Promise.all([textOf(child.stdout), textOf(child.stderr), exitOf(child)]);
  child.stdin?.end(
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );
  const [stdout, stderr, code] = await output;
  const answers = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { answers, stderr, code };
}

/** A hub process with raw access to every frame. */
export class RawAgent extends FrameAgent {
  readonly child: ChildProcess;

  stderr = '';

  /** `descriptors` limits the number of open files of the hub. */
  constructor(
    directory: string,
    args: readonly string[] = [],
    { descriptors }: { descriptors?: number } = {},
  ) {
    super();
    const command = [process.execPath, ...hubArguments(directory, args)];
    const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors} && `;
    this.child = startProcess('sh', ['-c', `${limit}exec "$@"`, 'sh', ...command]);
    let rest = '';
    this.child.stdout?.setEncoding('utf8');
    this.child.stdout?.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      this.take(lines);
    });
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  override write(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }
}
