import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What an instance says of itself in its file. */
export interface Announcement {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly port: number;
  readonly pid?: number;
  readonly token?: string;
}

/**
 * Writes a registration file, for us alone, in one step: nobody sees half of it. `remove` deletes it unless it is
 * somebody else's by then; it works at process exit too. Throws when the file can't be written.
 */
export function announce(
  directory: string,
  announcement: Announcement,
): { readonly file: string; remove(): void } {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, `${announcement.id}.json`);
  const draft = join(directory, `.${announcement.id}.${randomBytes(4).toString('hex')}.tmp`);
  const text = JSON.stringify({ ...announcement, started: new Date().toISOString() }, null, 2);
  try {
    writeFileSync(draft, `${text}\n`, { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return {
    file,
    remove: () => {
      try {
        if (readFileSync(file, 'utf8') === `${text}\n`) rmSync(file, { force: true });
      } catch {
        // It is gone already.
      }
    },
  };
}

/** Deletes the file of a dead instance if it still speaks of that instance. Never rejects. */
export async function removeStaleFile(file: string, id: string): Promise<void> {
  try {
    const said: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
    const isSame = typeof said === 'object' && said !== null && 'id' in said && said.id === id;
    if (isSame) await unlink(file);
  } catch {
    // It is gone, or something else by now.
  }
}
