import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseEnv } from 'node:util';
import type { Result } from '@modelcontextprotocol/sdk/types.js';
import { errnoOf, UsageError } from '../errors.ts';
import { Gate } from '../hosting/gate.ts';
import { Host } from '../hosting/host.ts';
import { introduce } from '../hosting/introduction.ts';
import { PrivateSeats } from '../hosting/private-seats.ts';
import { SharedSeats } from '../hosting/shared-seats.ts';
import { Supervisor } from '../hosting/supervisor.ts';
import { printable } from '../printable.ts';
import { parseDuration } from '../quantity.ts';
import { announce } from '../registration/announce.ts';
import { ANNOUNCING, numberOf, readAnnouncing, textOf } from './announcing.ts';
import { parseOwnArguments } from './arguments.ts';
import { untilSignalled } from './until-signalled.ts';

/** Lines on stdout that are no messages and are told of; a server that prints more prints many. */
const NOISE = 3;

interface RunOptions {
  readonly announcing: ReturnType<typeof readAnnouncing>;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly port: number;
  /** Milliseconds. */
  readonly startTimeout: number;
  readonly isShared: boolean;
  readonly asksForToken: boolean;
}

/** `signalbox run`: makes an instance of a stdio MCP server, until it is signalled. */
export async function runCommand(args: readonly string[]): Promise<void> {
  const { announcing, command, env, port, startTimeout, isShared, asksForToken } =
    await readRun(args);
  const signalled = untilSignalled();
  const supervisor = new Supervisor({
    command: command[0],
    args: command.slice(1),
    env,
    onStderr: (chunk) => process.stderr.write(chunk),
    onNoise: tellOfNoise(),
  });
  process.once('exit', () => supervisor.kill());
  try {
    const first = supervisor.start();
    const introduced = await Promise.race([introduce(first, startTimeout), signalled]);
    if (introduced === undefined) return;
    const start = () => supervisor.start();
    const seats = isShared
      ? new SharedSeats(start, startTimeout, first, introduced)
      : new PrivateSeats(start, { server: first, answer: introduced });
    const gate = new Gate({ asksForToken });
    const host = new Host({ gate, seats });
    const taken = await host.listen(port);
    const { directory, isNamed, ...facts } = announcing;
    const announcement = {
      name: nameIn(introduced) ?? (basename(facts.path) || 'instance'),
      ...facts,
      port: taken,
      pid: process.pid,
      ...gate.secrets,
    };
    const { remove, ...known } = announce(directory, announcement, { isNamed });
    process.once('exit', remove);
    process.stdout.write(
      `Registered ${printable(known.name)} as ${known.id}: ${printable(known.file)}\n` +
        `It is served at http://127.0.0.1:${taken}/mcp. Ctrl-C ends it.\n`,
    );
    const lastWords = await Promise.race([supervisor.givenUp, signalled]);
    remove();
    await host.close();
    if (lastWords !== undefined)
      throw new Error(`ended too often, and not started again: ${lastWords}`);
  } finally {
    await supervisor.stop();
  }
}

/** Throws {@link UsageError} for all that is wrong with the arguments. */
async function readRun(args: readonly string[]): Promise<RunOptions> {
  const end = args.indexOf('--');
  const [command, ...rest] = end === -1 ? [] : args.slice(end + 1);
  const options = parseOwnArguments(end === -1 ? args : args.slice(0, end), [
    ...ANNOUNCING,
    { name: 'port', takes: 'value' },
    { name: 'env-file', takes: 'value' },
    { name: 'start-timeout', takes: 'value' },
    { name: 'shared', takes: 'flag' },
    { name: 'token', takes: 'flag' },
  ]);
  if (!command) throw new UsageError('run needs a command: signalbox run -- COMMAND …');
  const port = numberOf(options, 'port') ?? 0;
  if (port > 65_535) throw new UsageError('--port: must be a whole number from 0 to 65535');
  const timeout = textOf(options, 'start-timeout') ?? '30s';
  const startTimeout = parseDuration(timeout);
  if (startTimeout === null) {
    throw new UsageError(
      `--start-timeout: ${printable(JSON.stringify(timeout))} is not a duration like 30s`,
    );
  }
  return {
    announcing: readAnnouncing(options),
    command: [command, ...rest],
    env: { ...process.env, ...(await readEnvFile(textOf(options, 'env-file'))) },
    port,
    startTimeout,
    isShared: 'shared' in options,
    asksForToken: 'token' in options,
  };
}

async function readEnvFile(file: string | undefined): Promise<Record<string, string | undefined>> {
  if (file === undefined) return {};
  try {
    return parseEnv(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--env-file: ${printable(file)} cannot be read (${errnoOf(error)})`);
  }
}

/** What the server calls itself, as far as a registration can have it. */
function nameIn({ serverInfo }: Result): string | null {
  if (typeof serverInfo !== 'object' || serverInfo === null || !('name' in serverInfo)) return null;
  const { name } = serverInfo;
  return typeof name === 'string' && name !== '' ? [...name].slice(0, 190).join('') : null;
}

function tellOfNoise(): (line: string) => void {
  let told = 0;
  return (line) => {
    told += 1;
    if (told > NOISE) return;
    const more = told === NOISE ? ' (and no more is told of that)' : '';
    const shown = printable(line.slice(0, 200));
    process.stderr.write(`signalbox: not a message, on the server's stdout: ${shown}${more}\n`);
  };
}
