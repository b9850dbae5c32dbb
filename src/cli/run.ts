import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { errnoOf, UsageError } from '../errors.ts';
import { FirstServer } from '../hosting/first-server.ts';
import { createHost } from '../hosting/host.ts';
import type { Introduction } from '../hosting/introduction.ts';
import { PrivateBackends } from '../hosting/private-backends.ts';
import { SharedBackends } from '../hosting/shared-backends.ts';
import { Supervisor } from '../hosting/supervisor.ts';
import { Watchdog } from '../hosting/watchdog.ts';
import { printable } from '../printable.ts';
import { announce } from '../registration/announce.ts';
import { isObject, stringOf } from '../wire/json.ts';
import { Gate } from '../wire/serve/gate.ts';
import { readAnnouncing } from './announcing.ts';
import type { RunOptions } from './commands/run.ts';
import { untilSignalled } from './until-signalled.ts';

/** How many lines on stdout that aren't messages are reported. */
const NOISE = 3;

interface Program {
  readonly announcing: ReturnType<typeof readAnnouncing>;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly port: number;
  /** Milliseconds. */
  readonly startTimeout: number;
  readonly isShared: boolean;
  readonly asksForToken: boolean;
}

/** `signalbox run`: serves a stdio MCP server as an instance until it is signalled. */
export async function runProgram(given: RunOptions, program: readonly string[]): Promise<void> {
  const options = await readProgram(given, program);
  const signalled = untilSignalled();
  const watchdog = new Watchdog();
  const supervisor = new Supervisor(serverOptions(options, watchdog));
  process.once('exit', () => {
    supervisor.kill();
    watchdog.quit();
  });
  try {
    const first = supervisor.start();
    const introduced = await Promise.race([first.answered, signalled]);
    if (introduced === undefined) return;
    const backends = options.isShared
      ? new SharedBackends(() => supervisor.start(), first)
      : new PrivateBackends(
          (params) => supervisor.start(params),
          new FirstServer(supervisor, first, introduced),
        );
    const gate = new Gate({ asksForToken: options.asksForToken });
    const host = createHost({ gate, backends });
    const port = await host.listen(options.port);
    const remove = register(options, { port, gate, introduced, watchdog });
    const lastWords = await Promise.race([supervisor.givenUp, signalled]);
    remove();
    await host.close();
    if (lastWords !== undefined) throw new Error(`exited too often, not restarted: ${lastWords}`);
  } finally {
    await supervisor.stop();
  }
}

function serverOptions({ command, env, startTimeout }: Program, watchdog: Watchdog) {
  const line = printable(command.join(' '));
  return {
    command: command[0],
    args: command.slice(1),
    env,
    startTimeout,
    watchdog,
    onStderr: (chunk: Buffer) => process.stderr.write(chunk),
    onNoise: reportNoise(),
    onSlow: () =>
      process.stderr.write(
        `signalbox: waiting for ${line} to answer initialize (up to ${startTimeout / 1_000} s)\n`,
      ),
  };
}

/** Writes the registration and prints where. Returns a function that removes it, which also runs when the process exits. */
function register(
  { announcing }: Program,
  {
    port,
    gate,
    introduced,
    watchdog,
  }: { port: number; gate: Gate; introduced: Introduction; watchdog: Watchdog },
): () => void {
  const { directory, isNamed, ...facts } = announcing;
  const announcement = {
    name: nameIn(introduced) ?? (basename(facts.path) || 'instance'),
    ...facts,
    port,
    pid: process.pid,
    ...gate.secrets,
  };
  const { remove, ...known } = announce(directory, announcement, { isNamed });
  process.once('exit', remove);
  watchdog.guardFile({ file: resolve(known.file), nonce: gate.nonce });
  process.stdout.write(
    `Registered ${printable(known.name)} as ${known.id}: ${printable(known.file)}\n` +
      `It is served at http://127.0.0.1:${port}/mcp. Press Ctrl-C to stop.\n`,
  );
  return remove;
}

/** Throws {@link UsageError} if the arguments are invalid. */
async function readProgram(
  options: RunOptions,
  [command, ...rest]: readonly string[],
): Promise<Program> {
  if (!command) throw new UsageError('run needs a command: signalbox run -- COMMAND …');
  const { envFile, shared, noToken, startTimeout } = options;
  const port = options.port ?? 0;
  if (port > 65_535) throw new UsageError('--port: must be a whole number from 0 to 65535');
  return {
    announcing: readAnnouncing(options),
    command: [command, ...rest],
    env: { ...process.env, ...(await readEnvFile(envFile)) },
    port,
    startTimeout,
    isShared: shared,
    asksForToken: !noToken,
  };
}

async function readEnvFile(file: string | null): Promise<Record<string, string | undefined>> {
  if (file === null) return {};
  try {
    warnIfReadable(file, (await stat(file)).mode);
    return parseEnv(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--env-file: ${printable(file)} cannot be read (${errnoOf(error)})`);
  }
}

/** Warns if other users can read the file: it may hold secrets. Windows has no such modes. */
function warnIfReadable(file: string, mode: number): void {
  if (process.platform === 'win32' || (mode & 0o044) === 0) return;
  const shown = printable(file);
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  process.stderr.write(
    `signalbox: other users can read ${shown} (mode ${octal}). To keep it private: chmod 600 ${shown}\n`,
  );
}

/** The server's own name, shortened to fit a registration. */
function nameIn({ facts: { serverInfo } }: Introduction): string | null {
  const name = isObject(serverInfo) ? (stringOf(serverInfo['name']) ?? '') : '';
  return name === '' ? null : [...name].slice(0, 190).join('');
}

function reportNoise(): (line: string) => void {
  let count = 0;
  return (line) => {
    count += 1;
    if (count > NOISE) return;
    const more = count === NOISE ? ' (further lines are not reported)' : '';
    const shown = printable(line.slice(0, 200));
    process.stderr.write(
      `signalbox: not an MCP message, on the server's stdout: ${shown}${more}\n`,
    );
  };
}
