import { lstatSync, unlinkSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from '../is-running.ts';
import { inspectDirectory } from '../trust.ts';

/** A socket at which a hub can be looked at, as far as its name tells. */
export interface HubSocket {
  readonly path: string;
  /** Of the hub that made it. */
  readonly pid: number;
}

/** The name of the socket of the hub with this pid. */
export function socketName(pid: number): string {
  return `${pid}.sock`;
}

/** The sockets in a directory of hubs, by pid; none when it can't be read or trusted: they would be somebody else's. */
export async function hubSockets(directory: string): Promise<HubSocket[]> {
  if ((await inspectDirectory(directory, { isNamed: false })).kind !== 'usable') return [];
  const names = await readdir(directory).catch(() => []);
  return names
    .map((name) => ({
      path: join(directory, name),
      pid: Number(/^([1-9]\d*)\.sock$/.exec(name)?.[1] ?? 0),
    }))
    .filter(({ path, pid }) => pid > 0 && isSocket(path))
    .sort((a, b) => a.pid - b.pid);
}

/** Whether the process that made the socket is gone. That another has its pid by now, it can't tell. */
export function isLeftBehind({ pid }: HubSocket): boolean {
  return !isRunning(pid);
}

/** Removes a socket that was left behind, and nothing else. Returns whether it did; never throws. */
export function removeLeftBehind(socket: HubSocket): boolean {
  if (!isLeftBehind(socket) || !isSocket(socket.path)) return false;
  try {
    unlinkSync(socket.path);
    return true;
  } catch {
    return false;
  }
}

/** Removes the sockets of hubs that were killed, and of one that had our pid before. */
export async function sweep(directory: string): Promise<void> {
  await rm(join(directory, socketName(process.pid)), { force: true });
  for (const socket of await hubSockets(directory)) removeLeftBehind(socket);
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}
