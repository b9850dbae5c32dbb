import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AnnouncedProcess } from '../registration/announced-process.ts';
import { isDraft } from '../registration/drafts.ts';
import { endpointKey, projectKey } from '../registration/place-keys.ts';
import { processGone } from '../registration/process-gone.ts';
import { removeIf } from '../registration/remove-file.ts';
import { type Announced, parseRegistration } from '../registration/schema.ts';
import { readFile } from '../registration/sources/read-file.ts';
import { distrust } from '../trust.ts';
import { nothingListens } from './listening.ts';
import type { StaleFile } from './stale-file.ts';

/** Milliseconds after which a draft counts as abandoned. */
const DRAFT_AGE = 3_600_000;

/** A registration as it was found. */
interface Found {
  readonly path: string;
  readonly text: string;
  readonly registration: Announced;
  readonly process: AnnouncedProcess;
}

/**
 * Finds stale files in trusted directories of registrations: registrations whose process isn't running if nothing listens at
 * their port or another registration with a running process has replaced them, and unfinished drafts. Skips untrusted files.
 * `now` is in milliseconds since the epoch.
 */
export async function staleRegistrations(
  directories: readonly string[],
  now: number,
): Promise<StaleFile[]> {
  const paths = (await Promise.all(directories.map(filesOf))).flat();
  const found: (Found | StaleFile | null)[] = [];
  for (const path of paths) {
    if (path.endsWith('.json')) found.push(await readRegistration(path));
    else if (isDraft(basename(path))) found.push(await staleDraft(path, now - DRAFT_AGE));
  }
  const running = found.filter(isRegistration).filter(isRunning);
  const stale = found.map((each) =>
    isRegistration(each) ? staleRegistration(each, running) : each,
  );
  return (await Promise.all(stale)).filter((each) => each !== null);
}

async function filesOf(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.sort().map((name) => join(directory, name));
}

async function readRegistration(path: string): Promise<Found | null> {
  const found = await readFile(path, undefined);
  if (found.kind !== 'read') return null;
  const parsed = parseRegistration(found.bytes);
  if ('reason' in parsed) return null;
  const { registration } = parsed;
  const text = Buffer.from(found.bytes).toString('utf8');
  const process = new AnnouncedProcess({ ...registration, origin: { kind: 'file', file: path } });
  return { path, text, registration, process };
}

async function staleRegistration(
  found: Found,
  running: readonly Found[],
): Promise<StaleFile | null> {
  const { path, text, registration } = found;
  const { pid, port } = registration;
  if (found.process.condition !== 'unseen') return null;
  if (processGone(registration) && (await nothingListens(registration))) {
    return {
      path,
      because: `process ${pid} is gone, and nothing listens at port ${port}`,
      remove: () => removeIf(path, (content) => content === text && processGone(registration)),
    };
  }
  const rival = running.find((other) => isSamePlace(other.registration, registration));
  if (rival === undefined) return null;
  return {
    path,
    because: `process ${pid} is not running, and "${rival.registration.id}" has taken its place`,
    remove: () => removeIf(path, (content) => content === text && isRunning(rival)),
  };
}

function isRegistration(found: Found | StaleFile | null): found is Found {
  return found !== null && 'process' in found;
}

function isRunning({ process }: Found): boolean {
  return process.condition === 'running';
}

function isSamePlace(a: Announced, b: Announced): boolean {
  return projectKey(a) === projectKey(b) || endpointKey(a) === endpointKey(b);
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
