import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { parseRegistration } from './schema.ts';

/** What an instance says of itself. */
export interface Announcement {
  readonly id: string;
  readonly name: string;
  /** Absolute path of the project. */
  readonly path: string;
  readonly port: number;
  readonly pid?: number;
  readonly token?: string;
}

/**
 * Writes a registration file that nobody but us can read, in one step: nobody sees half of it. The directory is
 * created if it is missing. `remove` deletes the file unless somebody else announced themselves in it since; it never
 * throws, and it works while the process exits. Throws when the file can't be written or would be refused.
 */
export function announce(
  directory: string,
  announcement: Announcement,
): { readonly file: string; remove(): void } {
  const file = join(directory, `${announcement.id}.json`);
  const text = `${JSON.stringify({ ...announcement, started: new Date().toISOString() }, null, 2)}\n`;
  const parsed = parseRegistration(text, { file, allowHosts: [] });
  if ('reason' in parsed) throw new Error(`The registration would be refused: ${parsed.reason}.`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `.${announcement.id}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return {
    file,
    remove: () => {
      removeIf(file, (content) => content === text);
    },
  };
}

const withId = z.object({ id: z.string() });

/** Deletes the file of a dead instance if it still holds that id. Resolves to whether it did; never rejects. */
export async function removeStaleFile(file: string, id: string): Promise<boolean> {
  return removeIf(file, (content) => {
    const parsed = withId.safeParse(JSON.parse(content.replace(/^\ufeff/, '')));
    return parsed.data?.id === id;
  });
}

/**
 * Deletes a file that says what `isMeant` looks for. In one go without waiting in between: a new instance that takes
 * over the file has but a moment in which its registration could be deleted for another's.
 */
function removeIf(file: string, isMeant: (content: string) => boolean): boolean {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || facts.size > 64 * 1024) return false;
    if (!isMeant(readFileSync(descriptor, 'utf8'))) return false;
    if (lstatSync(file).ino !== facts.ino) return false;
    unlinkSync(file);
    return true;
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
