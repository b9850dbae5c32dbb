import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { afterTest } from './cleanup.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The bundled program. */
export const BIN = `${ROOT}dist/signalbox.js`;

/** An environment in which the started processes don't find hubs and instances of the user. */
const AS_OTHER_USER = `--import=${new URL('./other-user.mjs', import.meta.url).href}`;

/** Starts a process. The test kills it at the end, even if it is stopped. */
export function startProcess(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const child = spawn(command, args, {
    env: { ...process.env, NODE_OPTIONS: AS_OTHER_USER, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => {});
  afterTest(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

/** Resolves with the exit code, or null after a signal, once all output has been read. */
export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code]: (number | null)[] = await once(child, 'close');
  return code ?? null;
}

/** Everything that a process prints until it exits, and its exit code. Its stdin is closed. */
export async function outcomeOf(child: ChildProcess) {
  child.stdin?.end();
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    exitOf(child),
  ]);
  return { stdout, stderr, code };
}

/** Reads a stream to its end. */
export async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

/** A fixture server in its own process. */
export interface FixtureProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly pid: number;
  /** Sends a signal, SIGKILL by default, and waits for the process to end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `test/fixtures/NAME.mjs` and waits until it listens. */
export async function startFixture(
  name: string,
  options: Readonly<Record<string, string | number>> = {},
): Promise<FixtureProcess> {
  const args = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const child = startProcess(process.execPath, [`${ROOT}test/fixtures/${name}.mjs`, ...args]);
  const [line] = await Promise.race([
    once(child.stdout ?? child, 'data'),
    once(child, 'exit').then(async () => {
      throw new Error(`${name} ended: ${await textOf(child.stderr)}`);
    }),
  ]);
  const { port, pid } = JSON.parse(String(line));
  return {
    child,
    port,
    pid,
    kill: async (signal = 'SIGKILL') => {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

const stats = z.object({
  /** MCP sessions: currently open, opened in total, and ended by DELETE. */
  sessions: z.number(),
  opened: z.number(),
  deleted: z.number(),
  /** Standing GET streams. */
  streams: z.number(),
  sockets: z.number(),
  cancelled: z.number(),
  /** Number of requests by method. */
  methods: z.record(z.string(), z.number()),
  counters: z.record(z.string(), z.number()),
});

export type Stats = z.infer<typeof stats>;

/** The statistics of a fixture with `/stats`. */
export async function statsOf({ port }: { readonly port: number }): Promise<Stats> {
  const response = await fetch(`http://127.0.0.1:${port}/stats`, {
    headers: { connection: 'close' },
  });
  return stats.parse(await response.json());
}

/** Repeats `check` until it no longer throws. For facts that only other processes know. */
export async function eventually<T>(check: () => T | Promise<T>, timeout = 10_000): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
