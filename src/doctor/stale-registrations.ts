import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDraft } from '../registration/drafts.ts';
import { processGone } from '../registration/process-gone.ts';
import { readFile } from '../registration/read-file.ts';
import { removeIf } from '../registration/remove-file.ts';
import { parseRegistration } from '../registration/schema.ts';
import { distrust, inspectDirectory } from '../trust.ts';
import { nothingListens } from './listening.ts';
import type { StaleFile } from './stale-file.ts';

/** Milliseconds after which nobody is still writing a draft. */
const DRAFT_AGE = 3_600_000;

/**
 * What is stale in a directory of registrations: those whose process is gone while nothing listens at their port, and
 * drafts that were never finished. Of a directory or file that can't be trusted, nothing is. `now` in milliseconds.
 */
export async function staleRegistrations(directory: string, now: number): Promise<StaleFile[]> {
  if ((await inspectDirectory(directory)).kind !== 'usable') return [];
  const names = await readdir(directory).catch(() => []);
  const stale: StaleFile[] = [];
  for (const name of names.sort()) {
    const path = join(directory, name);
    const found = name.endsWith('.json')
      ? await staleRegistration(path)
      : isDraft(name)
        ? await staleDraft(path, now - DRAFT_AGE)
        : null;
    if (found !== null) stale.push(found);
  }
  return stale;
}

async function staleRegistration(path: string): Promise<StaleFile | null> {
  const found = await readFile(path, undefined);
  if (found.kind !== 'read') return null;
  const parsed = parseRegistration(found.bytes, { file: path, allowHosts: [] });
  if ('reason' in parsed) return null;
  const { registration } = parsed;
  if (!processGone(registration) || !(await nothingListens(registration))) return null;
  const text = Buffer.from(found.bytes).toString('utf8');
  return {
    path,
    because: `process ${registration.pid} is gone, and nothing listens at port ${registration.port}`,
    remove: () => removeIf(path, (content) => content === text && processGone(registration)),
  };
}

async function staleDraft(path: string, limit: number): Promise<StaleFile | null> {
  const facts = await lstat(path, { bigint: true }).catch(() => null);
  if (facts === null || !facts.isFile() || distrust(facts) !== null) return null;
  if (Number(facts.mtimeMs) >= limit) return null;
  return {
    path,
    because: `a draft of a registration, unfinished since ${facts.mtime.toISOString()}`,
    remove: () => removeIf(path, (_content, { mtimeMs }) => mtimeMs < limit),
  };
}
