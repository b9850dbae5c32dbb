import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { it } from '@jest/globals';
import { afterTest } from './cleanup.ts';
import { BIN } from './processes.ts';
import { temporaryDirectory } from './registrations.ts';

/** Nobody on this machine, most likely. */
const STRANGER = 12_345;

const isRoot = process.geteuid?.() === 0;

const identity = isRoot ? { uid: STRANGER, gid: STRANGER } : {};

const canRun = spawnSync(process.execPath, ['-e', ''], identity).status === 0;

/** A test of what rights forbid, which they don't to root: skipped where root can't start Node as another user. */
export const itAsPlainUser = process.platform !== 'win32' && canRun ? it : it.skip;

/** Makes files the plain user's, who is ourselves unless we are root. */
export function giveToPlainUser(...paths: readonly string[]): void {
  if (isRoot) for (const path of paths) chownSync(path, STRANGER, STRANGER);
}

/** Sets the rights of a directory until the test is over: it couldn't be taken away otherwise. */
export function restrict(directory: string, mode: number): void {
  chmodSync(directory, mode);
  afterTest(() => chmodSync(directory, 0o700));
}

/** Runs a command of the bundled bin as the plain user. */
export function runAsPlainUser(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [readableBin(), ...args], {
    ...identity,
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/', ...env },
  });
  return { code: status, stdout, stderr };
}

/** Where the project lies may be closed to the plain user. */
function readableBin(): string {
  if (!isRoot) return BIN;
  const directory = temporaryDirectory();
  cpSync(dirname(BIN), directory, { recursive: true });
  chmodSync(directory, 0o755);
  return join(directory, basename(BIN));
}
