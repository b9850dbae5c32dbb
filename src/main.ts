#!/usr/bin/env node
import { UsageError } from './errors.ts';

const COMMANDS = ['hub', 'list', 'register', 'demo', 'help'] as const;

/** Runs one command. Each loads only what it needs: starting `hub` must be cheap. */
async function run([word, ...args]: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return help();
  switch (word) {
    case 'hub':
    case '--mcp':
      return (await import('./cli/hub.ts')).hubCommand(args);
    case 'list':
      return (await import('./cli/list.ts')).listCommand(args);
    case 'register':
      return (await import('./cli/register.ts')).registerCommand(args);
    case 'demo':
      return (await import('./cli/demo.ts')).demoCommand((line) => {
        process.stdout.write(`${line}\n`);
      });
    // What the demo starts; of no use by itself.
    case 'demo-instance':
      return (await import('./cli/demo-instance.ts')).demoInstance(args[0] ?? '', args[1] ?? '');
    case undefined:
      if (process.stdin.isTTY) return help();
      throw new UsageError('which command? An agent starts "signalbox hub"; see signalbox --help');
    case 'help':
    case '--help':
    case '-h':
      return help();
    case '--version':
    case '-v':
      process.stdout.write(`${(await import('./version.ts')).VERSION}\n`);
      return;
    default: {
      const { suggestion } = await import('./cli/arguments.ts');
      const { printable } = await import('./printable.ts');
      throw new UsageError(
        `unknown command ${printable(word)}${suggestion(word, COMMANDS, '')} See signalbox --help`,
      );
    }
  }
}

async function help(): Promise<void> {
  process.stdout.write(`${(await import('./cli/help.ts')).renderHelp()}\n`);
}

/** What is left open (a socket of a server that hangs, stdin) must not keep the process. */
function exit(code: number): void {
  process.exitCode = code;
  process.stdout.write('', () => process.exit());
}

run(process.argv.slice(2)).then(
  () => exit(0),
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`signalbox: ${message}\n`);
    exit(error instanceof UsageError ? 2 : 1);
  },
);
