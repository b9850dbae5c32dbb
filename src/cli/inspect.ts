import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { PageServer } from '../inspector/page-server.ts';
import { sourceOfHubs } from '../inspector/page-source.ts';
import { hubsDirectories } from '../paths.ts';
import { parseOwnArguments } from './arguments.ts';
import { redirectFile } from './redirect-file.ts';
import { untilSignalled } from './until-signalled.ts';

/** `signalbox inspect`: a page that shows the statecharts of all running hubs, until it is signalled. */
export async function inspectCommand(args: readonly string[]): Promise<void> {
  const options = parseOwnArguments(args, [
    { name: 'port', takes: 'value' },
    { name: 'open', takes: 'flag' },
    { name: 'stately', takes: 'flag' },
    { name: 'export', takes: 'value' },
  ]);
  const file = options['export']?.at(-1);
  if (typeof file === 'string') {
    const { exportCharts } = await import('./export-charts.ts');
    return exportCharts(resolve(file));
  }
  const directories = hubsDirectories();
  if (directories.length === 0)
    throw new Error('hubs cannot be found on Windows: use hub --inspect');
  const page = await PageServer.start({
    source: sourceOfHubs(directories),
    port: portOf(options['port']?.at(-1)),
  });
  const signalled = untilSignalled();
  const url = 'stately' in options ? `${page.url}#stately` : page.url;
  process.stdout.write(`${url}\nThe statecharts of the hubs that run here. Ctrl-C ends it.\n`);
  if ('open' in options) {
    await openBrowser(url).catch(() => process.stderr.write('No browser could be opened.\n'));
  }
  await signalled;
  await page.close();
}

async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  await open(await redirectFile(url));
}

function portOf(text: string | boolean | undefined): number {
  if (text === undefined) return 0;
  const port = Number(text);
  if (/^\d{1,5}$/.test(String(text)) && port <= 65_535) return port;
  throw new UsageError(`--port: ${JSON.stringify(text)} is not a port from 0 to 65535`);
}
