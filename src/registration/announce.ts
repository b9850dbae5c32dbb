import {
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errors.ts';
import { ownInstancesDirectories } from '../paths.ts';
import { processStart } from '../process-start.ts';
import { inspectDirectorySync, makeDirectory, type Naming } from '../trust.ts';
import { draftName } from './drafts.ts';
import { freeName, givesWay, type Newcomer } from './names.ts';
import { peek } from './peek.ts';
import { removeIf } from './remove-file.ts';
import { parseRegistration } from './schema.ts';

/** The facts of an instance to register. */
export interface Announcement {
  /** Derived from the name by default, and then unique in the directory. */
  readonly id?: string;
  readonly name: string;
  /** Absolute path of the project. */
  readonly path: string;
  readonly port: number;
  /** The endpoint, if it isn't `/mcp` at the port. */
  readonly url?: string;
  readonly pid?: number;
  /** The nonce that the instance confirms in `initialize`. */
  readonly nonce?: string;
  readonly token?: string;
}

/** An announcement that has been written. */
export interface Announced {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  /** Deletes the file unless another instance has overwritten it. Never throws, and works while the process exits. */
  remove(): void;
}

/** Maximum milliseconds to wait for another process that is claiming a name. */
const PATIENCE = 1_000;

/**
 * Atomically writes a registration file that only this user can read. Creates the directory if it is missing. With an id,
 * replaces the file with that id. Without one, adds a suffix to a name that a running instance has, and replaces the file of
 * a killed process. If `directory` is one of this user's default directories, the others are checked, too, because hubs
 * watch them all. Throws if the file can't be written or would be refused, or if hubs wouldn't trust the directory.
 */
export function announce(
  directory: string,
  announcement: Announcement,
  naming: Naming = { isNamed: true },
): Announced {
  const { id } = announcement;
  const others = naming.isNamed ? [] : otherOwnDirectories(directory);
  if (id !== undefined) {
    removeLeftBehind(others, { ...announcement, id });
    return write(directory, naming, { ...announcement, id }, renameSync);
  }
  for (const end = Date.now() + PATIENCE; ; ) {
    try {
      const free = freeName([directory, ...others], announcement);
      removeLeftBehind(others, { ...announcement, id: free.id });
      return write(directory, naming, { ...announcement, ...free }, (draft, file) =>
        claim(draft, file, announcement),
      );
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || Date.now() > end) throw error;
    }
  }
}

/** The directories that processes of this user write to in other environments. */
function otherOwnDirectories(directory: string): string[] {
  return ownInstancesDirectories().filter(
    (other) =>
      other !== directory && inspectDirectorySync(other, { isNamed: false }).kind === 'usable',
  );
}

/** Removes files with the same id whose process is gone: hubs would refuse the new file otherwise. */
function removeLeftBehind(directories: readonly string[], newcomer: Newcomer & { id: string }) {
  for (const directory of directories) {
    removeIf(join(directory, `${newcomer.id}.json`), (content) => givesWay(content, newcomer));
  }
}

function write(
  directory: string,
  naming: Naming,
  facts: Announcement & { readonly id: string },
  place: (draft: string, file: string) => void,
): Announced {
  const { id, name, pid } = facts;
  const file = join(directory, `${id}.json`);
  const start = pid === undefined ? null : processStart(pid);
  const registration = {
    ...facts,
    ...(start === null ? {} : { process_start: start }),
    started: new Date().toISOString(),
  };
  const text = `${JSON.stringify(registration, null, 2)}\n`;
  const parsed = parseRegistration(text);
  if ('reason' in parsed) throw new Error(`The registration would be refused: ${parsed.reason}.`);
  makeDirectory(directory, naming);
  const draft = join(directory, draftName(id));
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    place(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    id,
    name,
    file,
    remove: () => {
      removeIf(file, (content) => content === text);
    },
  };
}

/** Moves `draft` to `file`, replacing one that may be replaced. Throws EEXIST if there is one that may not. */
function claim(draft: string, file: string, newcomer: Newcomer): void {
  // Two processes may both find the file replaceable: the second one must see the first one's file.
  const lock = `${file}.lock`;
  try {
    writeFileSync(lock, '', { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // The lock is held only briefly, unless its holder was killed.
    const since = lstatSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > PATIENCE / 2) rmSync(lock, { force: true });
    throw error;
  }
  try {
    const held = peek(file);
    // To hubs, replacing the file keeps the instance, and removing it ends the instance.
    if (held !== null && givesWay(held.content, newcomer)) renameSync(draft, file);
    else linkOrCopy(draft, file);
  } finally {
    rmSync(lock, { force: true });
  }
}

function linkOrCopy(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    // Not every file system supports hard links.
    if (errnoOf(error) === 'EEXIST') throw error;
    copyFileSync(draft, file, constants.COPYFILE_EXCL);
  }
}
