import type { Config } from '../config/config.ts';
import { findStale } from '../doctor/stale.ts';
import type { StaleFile } from '../doctor/stale-file.ts';
import { defaultInstancesDirectories, hubsDirectories } from '../paths.ts';
import { printable } from '../printable.ts';
import { distinctDirectories } from '../registration/distinct-directories.ts';
import type { PruneOptions } from './commands/prune.ts';

/** `signalbox prune`: removes files that are certainly stale. Rejects if one could not be removed. */
export async function runPrune({ instancesDirs }: Config, { dryRun }: PruneOptions): Promise<void> {
  const naming = { isNamed: instancesDirs !== null };
  const directories = await distinctDirectories(
    instancesDirs ?? defaultInstancesDirectories(),
    naming,
  );
  const find = () => findStale({ directories, naming, hubsDirectories: hubsDirectories() });
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const stale = await find();
  if (stale.length === 0) print('Nothing is stale.');
  if (dryRun) {
    for (const file of stale) print(renderStale('would be removed', file));
    return;
  }
  const kept = removeAll(stale, (file) => print(renderStale('removed', file)));
  if (kept.length === 0) return;
  // Files that were removed or rewritten in the meantime are no longer stale.
  const left = new Set((await find()).map(({ path }) => path));
  const failed = kept.filter(({ path }) => left.has(path)).map(({ path }) => printable(path));
  if (failed.length > 0) {
    throw new Error(`stale, but can't be removed (check the permissions): ${failed.join(', ')}`);
  }
}

/** Removes the files, reports each removal, and returns those that could not be removed. */
function removeAll(stale: readonly StaleFile[], onRemoved: (file: StaleFile) => void): StaleFile[] {
  return stale.filter((file) => {
    if (!file.remove()) return true;
    onRemoved(file);
    return false;
  });
}

function renderStale(what: string, { path, because }: StaleFile): string {
  return `${what}: ${printable(path)} (${printable(because)})`;
}
