import { randomBytes } from 'node:crypto';
import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errors.ts';
import { processStart } from '../process-start.ts';
import { freeName, givesWay } from './names.ts';
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

/** The name of what {@link announce} writes before it has its own; another each time. */
export function draftName(id: string): string {
  return `.${id}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Whether a file of this name is such a draft. It stays when its writer is killed meanwhile. */
export function isDraft(name: string): boolean {
  return /^\.[A-Za-z0-9._-]{1,128}\.[0-9a-f]{12}\.tmp$/.test(name);
}

/** Somebody may be faster to each name that was free a moment ago. */
const ATTEMPTS = 100;

/**
 * Writes a registration file that nobody but us can read, in one step: nobody sees half of it. The directory is created
 * if it is missing. With an id, the file that has it is replaced; without, a name that a running instance has gets a
 * suffix, and what was left behind by a process that is gone is replaced. Throws when the file can't be written or would be
 * refused.
 */
export function announce(directory: string, announcement: Announcement): Announced {
  const { id } = announcement;
  if (id !== undefined) return write(directory, { ...announcement, id }, renameSync);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const free = freeName(directory, announcement);
      return write(directory, { ...announcement, ...free }, (draft, file) => {
        removeIf(file, (content) => givesWay(content, announcement));
        claim(draft, file);
      });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || attempt === ATTEMPTS) throw error;
    }
  }
}

function write(
  directory: string,
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
  const parsed = parseRegistration(text, { file, allowHosts: [] });
  if ('reason' in parsed) throw new Error(`The registration would be refused: ${parsed.reason}.`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
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

/** Makes `file` of `draft`; throws EEXIST when it is there. */
function claim(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    // Not every file system has links.
    if (errnoOf(error) === 'EEXIST') throw error;
    copyFileSync(draft, file, constants.COPYFILE_EXCL);
  }
}
