#!/usr/bin/env node
import { errnoOf, UsageError } from './errors.ts';
import { printable } from './printable.ts';

/** Runs one command. Each loads only what it needs: starting `hub` must be cheap. */
async function run([word, ...args]: readonly string[]): Promise<void> {
  // What follows -- is another program's.
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (word !== undefined && own.some((each) => each === '--help' || each === '-h')) {
    return help(word === '--mcp' ? 'hub' : word);
  }
  switch (word) {
    case 'hub':
    case '--mcp':
      // stdout carries MCP and nothing else, whatever a library may want to say as soon as it is loaded.
      console.log = console.info = console.debug = console.error;
      return (await import('./cli/hub.ts')).hubCommand(args);
    case 'list':
      return (await import('./cli/list.ts')).listCommand(args);
    case 'register':
      return (await import('./cli/register.ts')).registerCommand(args);
    case 'run':
      return (await import('./cli/run.ts')).runCommand(args);
    case 'install':
      return (await import('./cli/install.ts')).installCommand(args);
    case 'uninstall':
      return (await import('./cli/install.ts')).uninstallCommand(args);
    case 'inspect':
      return (await import('./cli/inspect.ts')).inspectCommand(args);
    case 'doctor':
      return (await import('./cli/doctor.ts')).doctorCommand(args);
    case 'prune':
      return (await import('./cli/prune.ts')).pruneCommand(args);
    case 'replay':
      return (await import('./cli/replay.ts')).replayCommand(args);
    case 'demo': {
      const { parseOwnArguments } = await import('./cli/arguments.ts');
      const options = parseOwnArguments(args, [{ name: 'inspect', takes: 'flag' }]);
      const { demoCommand } = await import('./cli/demo.ts');
      const print = (line: string) => void process.stdout.write(`${line}\n`);
      return demoCommand(print, 'inspect' in options);
    }
    // What the demo starts; of no use by itself.
    case 'demo-instance':
      return (await import('./cli/demo-instance.ts')).demoInstance(args[0] ?? '', args[1] ?? '');
    case undefined:
      if (process.stdin.isTTY) return help();
      throw new UsageError('which command? An agent starts "signalbox hub"; see signalbox --help');
    case 'help':
    case '--help':
    case '-h':
      return help(args[0]);
    case '--version':
    case '-v':
      process.stdout.write(`${(await import('./version.ts')).VERSION}\n`);
      return;
    default:
      throw await unknownCommand(word);
  }
}

async function help(word?: string): Promise<void> {
  const { renderHelp } = await import('./cli/help.ts');
  const text = renderHelp(word === 'help' ? undefined : word);
  if (text === null) throw await unknownCommand(word ?? '');
  process.stdout.write(`${text}\n`);
}

async function unknownCommand(word: string): Promise<UsageError> {
  const { suggestion } = await import('./cli/arguments.ts');
  const { COMMAND_NAMES } = await import('./cli/help.ts');
  const near = suggestion(word, [...COMMAND_NAMES, 'help'], '') || '.';
  return new UsageError(`unknown command ${printable(word)}${near} See signalbox --help`);
}

/** One line; below it, for who looks for a fault of ours, where it comes from. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const isDebug = /^(debug|trace)$/.test(process.env['SIGNALBOX_LOG_LEVEL'] ?? '');
  const stack = isDebug && !(error instanceof UsageError) ? (error.stack ?? '') : '';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return [error.message, ...frames].map(printable).join('\n');
}

/** What is left open (a socket of a server that hangs, stdin) must not keep the process. */
function exit(code: number): void {
  if (code !== 0) process.exitCode = code;
  process.stdout.write('', () => setImmediate(() => process.exit()));
}

// Who reads may leave: that ends nothing, least of all a hub whose agent closed stderr. A full disk is a failure.
process.stderr.on('error', () => {});
process.stdout.on('error', (error) => {
  if (!['EPIPE', 'ECONNRESET'].includes(errnoOf(error) ?? '')) process.exitCode = 1;
});

run(process.argv.slice(2)).then(
  () => exit(0),
  (error: unknown) => {
    process.stderr.write(`signalbox: ${describe(error)}\n`);
    exit(error instanceof UsageError ? 2 : 1);
  },
);
