#!/usr/bin/env node
import { suggestion } from './cli/arguments.ts';
import { COMMANDS, commandNamed } from './cli/commands.ts';
import { errnoOf, isUsageError, UsageError } from './errors.ts';
import { printable } from './printable.ts';
import { VERSION } from './version.ts';

/** Runs one command. Its implementation is loaded when it runs: starting `hub` must be cheap. */
async function run([word, ...args]: readonly string[]): Promise<void> {
  if (word === undefined) {
    if (process.stdin.isTTY) return printHelp();
    throw new UsageError('which command? An agent starts "signalbox hub"; see signalbox --help');
  }
  if (word === '--version' || word === '-v') {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const wantsHelp = asksForHelp(args);
  if (word === 'help' || isHelp(word)) return printHelp(wantsHelp ? undefined : args[0]);
  const command = commandNamed(word);
  if (wantsHelp) return printHelp(command?.name ?? word);
  if (command === undefined) throw unknownCommand(word);
  return command.run(args);
}

/** Whether help is asked for; what follows `--` is another program's. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).some(isHelp);
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

async function printHelp(word?: string): Promise<void> {
  const { renderHelp } = await import('./cli/help.ts');
  const text = await renderHelp(word === 'help' ? undefined : word);
  if (text === null) throw unknownCommand(word ?? '');
  process.stdout.write(`${text}\n`);
}

function unknownCommand(word: string): UsageError {
  const near = suggestion(word, [...COMMANDS.map(({ name }) => name), 'help'], '') || '.';
  return new UsageError(`unknown command ${printable(word)}${near} See signalbox --help`);
}

/** The error on one line; with debug logging, the stack of an unexpected one below it. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const isDebug = /^(debug|trace)$/.test(process.env['SIGNALBOX_LOG_LEVEL'] ?? '');
  const stack = isDebug && !isUsageError(error) ? (error.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return [error.message, ...frames].map(printable).join('\n');
}

/** Ends the process, whatever is still open: stdin, or the socket of a server that hangs. */
function exit(code: number): void {
  if (code !== 0) process.exitCode = code;
  process.stdout.write('', () => setImmediate(() => process.exit()));
}

// EPIPE on stdout or stderr must not end the process, least of all a hub whose agent closed stderr. A full disk is a failure.
process.stderr.on('error', () => {});
process.stdout.on('error', (error) => {
  if (!['EPIPE', 'ECONNRESET'].includes(errnoOf(error) ?? '')) process.exitCode = 1;
});

run(process.argv.slice(2)).then(
  () => exit(0),
  (error: unknown) => {
    process.stderr.write(`signalbox: ${describe(error)}\n`);
    exit(isUsageError(error) ? 2 : 1);
  },
);
