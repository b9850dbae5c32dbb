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

/** What an instance says of itself. */
export interface Announcement {
  /** Without one it is made of the name, and is the only one of the directory. */
  readonly id?: string;
  readonly name: string;
  /** Absolute path of the project. */
  readonly path: string;
  readonly port: number;
  /** The endpoint, when it isn't `/mcp` at the port. */
  readonly url?: string;
  readonly pid?: number;
  /** What the instance confirms in `initialize`. */
  readonly nonce?: string;
  readonly token?: string;
}

/** An announcement that has been made. */
export interface Announced {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  /**
   * Deletes the file unless somebody else announced themselves in it since. Never throws, and works while the process
   * exits.
   */
  remove(): void;
}

/** Milliseconds for which somebody else who is claiming a name is waited for, at most. */
const PATIENCE = 1_000;

/**
 * Writes a registration file that only this user can read, in one step: nobody sees half of it. The directory is created
 * if it is missing. With an id, the file that has it is replaced; without, a name that a running instance has gets a
 * suffix, and the file that a process left behind when it was killed is replaced. In the own directory the other own
 * directories of this user count as well, for hubs watch them all. Throws when the file can't be written, when it would be
 * refused, and when hubs would not trust the directory.
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

/** Where processes of this user write that have another environment. */
function otherOwnDirectories(directory: string): string[] {
  return ownInstancesDirectories().filter(
    (other) =>
      other !== directory && inspectDirectorySync(other, { isNamed: false }).kind === 'usable',
  );
}

/** Removes the files that hold the id without a process: hubs would refuse the new one beside them. */
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

/** Makes `file` of `draft`, in place of one that gives way; throws EEXIST when one that doesn't is there. */
function claim(draft: string, file: string, newcomer: Newcomer): void {
  // Of two who both see that the file gives way, the second must see the first.
  const lock = `${file}.lock`;
  try {
    writeFileSync(lock, '', { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // It is held for a moment, unless its holder was killed in that.
    const since = lstatSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > PATIENCE / 2) rmSync(lock, { force: true });
    throw error;
  }
  try {
    const held = peek(file);
    // To hubs, a file that is replaced is the same instance, one that was removed another.
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
    // Not every file system has links.
    if (errnoOf(error) === 'EEXIST') throw error;
    copyFileSync(draft, file, constants.COPYFILE_EXCL);
  }
}
