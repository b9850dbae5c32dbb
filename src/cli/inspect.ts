import { resolve } from 'node:path';
import { PageServer } from '../inspector/page-server.ts';
import { sourceOfHubs } from '../inspector/page-source.ts';
import { hubsDirectories } from '../paths.ts';
import type { InspectOptions } from './commands/inspect.ts';
import { redirectFile } from './redirect-file.ts';
import { untilSignalled } from './until-signalled.ts';

/** `signalbox inspect`: serves a page with the statecharts of all running hubs until it is signalled. */
export async function runInspect(options: InspectOptions): Promise<void> {
  const { export: file, port, open, stately } = options;
  if (file !== null) {
    const { exportCharts } = await import('./export-charts.ts');
    return exportCharts(resolve(file));
  }
  const directories = hubsDirectories();
  if (directories.length === 0)
    throw new Error('hubs cannot be found on Windows: use hub --inspect');
  const page = await PageServer.start({
    source: sourceOfHubs(directories),
    port: port ?? 0,
  });
  const signalled = untilSignalled();
  const url = stately ? `${page.url}#stately` : page.url;
  process.stdout.write(
    `${url}\nShows the statecharts of the running hubs. Press Ctrl-C to stop.\n`,
  );
  if (open) {
    await openBrowser(url).catch(() => process.stderr.write('Could not open a browser.\n'));
  }
  await signalled;
  await page.close();
}

async function openBrowser(url: string): Promise<void> {
  const { default: open } = await import('open');
  await open(await redirectFile(url));
}
