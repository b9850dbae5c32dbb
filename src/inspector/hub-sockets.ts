import { lstatSync, unlinkSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from '../is-running.ts';
import { inspectDirectory } from '../trust.ts';

/** A socket that seems to be a hub's, by its name. */
export interface HubSocket {
  readonly path: string;
  /** The pid of the hub that created it. */
  readonly pid: number;
}

/** The name of the socket of the hub with this pid. */
export function socketName(pid: number): string {
  return `${pid}.sock`;
}

/**
 * The sockets in a directory of hubs, by pid. Empty if the directory can't be read or trusted, because they could be another
 * user's.
 */
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

/** Whether no process has the pid of the socket's hub. Doesn't detect a reused pid. */
export function isLeftBehind({ pid }: HubSocket): boolean {
  return !isRunning(pid);
}

/** Removes a stale socket, but no other file. Returns whether it did; never throws. */
export function removeLeftBehind(socket: HubSocket): boolean {
  if (!isLeftBehind(socket) || !isSocket(socket.path)) return false;
  try {
    unlinkSync(socket.path);
    return true;
  } catch {
    return false;
  }
}

/** Removes the sockets of killed hubs, and that of an earlier hub with our pid. */
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
