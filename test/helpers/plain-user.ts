import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { it } from '@jest/globals';
import { afterTest } from './cleanup.ts';
import { BIN } from './processes.ts';
import { temporaryDirectory } from './registrations.ts';

/** A uid that most likely has no user on this machine. */
const STRANGER = 12_345;

const isRoot = process.geteuid?.() === 0;

const identity = isRoot ? { uid: STRANGER, gid: STRANGER } : {};

const canRun = spawnSync(process.execPath, ['-e', ''], identity).status === 0;

/** A test of permissions that don't apply to root. Skipped if root can't start Node as another user. */
export const itAsPlainUser = process.platform !== 'win32' && canRun ? it : it.skip;

/** Gives files to the plain user, which is the current user unless that is root. */
export function giveToPlainUser(...paths: readonly string[]): void {
  if (isRoot) for (const path of paths) chownSync(path, STRANGER, STRANGER);
}

/** Sets the mode of a directory until the test ends, so that it can be removed then. */
export function restrict(directory: string, mode: number): void {
  chmodSync(directory, mode);
  afterTest(() => chmodSync(directory, 0o700));
}

/** Runs a command of the bundled program as the plain user. */
export function runAsPlainUser(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [readableBin(), ...args], {
    ...identity,
    cwd: '/',
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: '/', ...env },
  });
  return { code: status, stdout, stderr };
}

/** The plain user may have no access to the directory of the project. */
function readableBin(): string {
  if (!isRoot) return BIN;
  const directory = temporaryDirectory();
  cpSync(dirname(BIN), directory, { recursive: true });
  chmodSync(directory, 0o755);
  return join(directory, basename(BIN));
}
