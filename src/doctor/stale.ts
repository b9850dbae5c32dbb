import { dirname } from 'node:path';
import { hubSockets, isLeftBehind, removeLeftBehind } from '../inspector/hub-sockets.ts';
import { inspectDirectory } from '../registration/trust.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';
import type { StaleFile } from './stale-file.ts';
import { staleRegistrations } from './stale-registrations.ts';

const { ok, problem } = findingsOf('stale');

/** All that `signalbox prune` removes. `now` in milliseconds since the epoch. Never rejects. */
export async function findStale(
  directories: readonly string[],
  hubsDirectory: string | null,
  now: number,
): Promise<StaleFile[]> {
  const stale = await staleRegistrations(directories, now);
  return hubsDirectory === null ? stale : [...stale, ...(await staleSockets(hubsDirectory))];
}

async function staleSockets(directory: string): Promise<StaleFile[]> {
  if ((await inspectDirectory(directory)).kind !== 'usable') return [];
  const sockets = await hubSockets(directory);
  return sockets.filter(isLeftBehind).map((socket) => ({
    path: socket.path,
    because: `the socket of hub ${socket.pid}, which is gone`,
    remove: () => removeLeftBehind(socket),
  }));
}

export interface StaleFiles {
  readonly stale: readonly Pick<StaleFile, 'path' | 'because'>[];
  /** Where registrations were looked for. */
  readonly directories: readonly string[];
  /** Whether somebody has named those; otherwise `prune` finds them by itself. */
  readonly areNamed: boolean;
}

/** Each stale file, with the command that removes it. */
export function checkStale({ stale, directories, areNamed }: StaleFiles): Finding[] {
  if (stale.length === 0) return [ok('files', 'none is stale')];
  const places = new Set(stale.map(({ path }) => dirname(path)));
  const named = areNamed ? directories.filter((directory) => places.has(directory)) : [];
  const options = named.map((directory) => ` --instances-dir ${shellWord(directory)}`);
  const remedy = `signalbox prune${options.join('')}`;
  return stale.map(({ path, because }) => problem(path, because, remedy));
}
