import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { home } from './home.ts';
import { BIN } from './processes.ts';
import { temporaryDirectory } from './registrations.ts';

/** A cloned project in one directory, private files in another, and commands that run in the clone. */
export function project() {
  const { env } = home();
  const clone = temporaryDirectory();
  const outside = temporaryDirectory();
  return {
    clone,
    outside,
    run(...args: readonly string[]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
        cwd: clone,
        encoding: 'utf8',
        env: { ...process.env, ...env, NODE_OPTIONS: '' },
      });
      return { code: status, stdout, stderr };
    },
  };
}

/** The contents of a directory: targets of links, modes and contents of files. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      if (entry.isSymbolicLink()) return [path, `-> ${readlinkSync(path)}`];
      if (entry.isDirectory()) return [path, 'folder'];
      return [path, `${statSync(path).mode.toString(8)} ${readFileSync(path, 'utf8')}`];
    }),
  );
}

/** Creates the parent directories of a path. */
export function makeFoldersOf(path: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  return path;
}
