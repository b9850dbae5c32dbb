import { dirname } from 'node:path';
import { hubSockets, isLeftBehind, removeLeftBehind } from '../inspector/hub-sockets.ts';
import { inspectDirectory, type Naming } from '../trust.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';
import type { StaleFile } from './stale-file.ts';
import { staleRegistrations } from './stale-registrations.ts';

const { ok, problem } = findingsOf('stale');

/** Where to look for stale files. */
export interface StalePlaces {
  /** Of registrations. */
  readonly directories: readonly string[];
  readonly naming: Naming;
  readonly hubsDirectories: readonly string[];
  /**
   * Milliseconds since the epoch.
   * @defaultValue the current time
   */
  readonly now?: number;
}

/** Finds everything that `signalbox prune` removes. Skips untrusted directories. Never rejects. */
export async function findStale({
  directories,
  naming,
  hubsDirectories,
  now = Date.now(),
}: StalePlaces): Promise<StaleFile[]> {
  const usable: string[] = [];
  for (const directory of directories) {
    const { kind } = await inspectDirectory(directory, naming);
    if (kind === 'usable') usable.push(directory);
  }
  const stale = await staleRegistrations(usable, now);
  for (const directory of hubsDirectories) stale.push(...(await staleSockets(directory)));
  return stale;
}

async function staleSockets(directory: string): Promise<StaleFile[]> {
  const sockets = await hubSockets(directory);
  return sockets.filter(isLeftBehind).map((socket) => ({
    path: socket.path,
    because: `the socket of hub ${socket.pid}, which is gone`,
    remove: () => removeLeftBehind(socket),
  }));
}

export interface StaleFiles {
  readonly stale: readonly Pick<StaleFile, 'path' | 'because'>[];
  /** The directories that were searched for registrations. */
  readonly directories: readonly string[];
  /** Whether the user named them. Otherwise `prune` uses the same default ones. */
  readonly areNamed: boolean;
}

/** Reports each stale file, with the command that removes it. */
export function checkStale({ stale, directories, areNamed }: StaleFiles): Finding[] {
  if (stale.length === 0) return [ok('files', 'none is stale')];
  const places = new Set(stale.map(({ path }) => dirname(path)));
  const named = areNamed ? directories.filter((directory) => places.has(directory)) : [];
  const options = named.map((directory) => ` --instances-dir ${shellWord(directory)}`);
  const remedy = `signalbox prune${options.join('')}`;
  return stale.map(({ path, because }) => problem(path, because, remedy));
}
