import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '../errors.ts';
import { type ConfigPlace, targetOf } from './config-place.ts';

/** Maximum size of a configuration, in bytes. Claude Code's contains the history of every project. */
const MAX_BYTES = 64 * 2 ** 20;

/** Maximum number of backups of a file. */
const MAX_BACKUPS = 1_000;

/** Opening a FIFO must not block, and a link that appeared since the path was resolved must not be followed. Windows has neither flag. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * Reads a configuration. Null if it doesn't exist. Rejects if it is not a regular file, too large or not UTF-8, and if a
 * project's file leads out of the project.
 */
export async function readConfig(place: ConfigPlace): Promise<string | null> {
  const { file } = place;
  try {
    const target = await targetOf(place);
    const handle = await open(target, READ);
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw new Error(`${file} is not a file`);
      if (facts.size > MAX_BYTES) throw new Error(`${file} is larger than ${MAX_BYTES} bytes`);
      await assertStillAt(place, target, facts);
      return decoded(await handle.readFile(), file);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw explained(error, `${file} cannot be read`);
  }
}

/**
 * Writes a configuration atomically, keeping its mode, and backs up the previous text (`before`) to a new file next to it.
 * Resolves with the path of the backup, or null if there was no file. Rejects without changing anything if the file can't be
 * written, and if a project's file leads out of the project.
 */
export async function writeConfig(
  place: ConfigPlace,
  before: string | null,
  after: string,
): Promise<string | null> {
  const { file } = place;
  const made: string[] = [];
  try {
    const target = await targetOf(place);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const known = before === null ? null : await lstat(target);
    const mode = known === null ? 0o600 : known.mode & 0o777;
    if ((mode & 0o222) === 0) throw new Error(`${file} is read-only: nothing was written`);
    await assertStillAt(place, target, known);
    const backup = before === null ? null : await writeBackup(target, before, mode & 0o600);
    if (backup !== null) made.push(backup);
    const draft = `${target}.${randomBytes(8).toString('hex')}`;
    made.push(draft);
    await writeNew(draft, after, mode, known);
    await assertStillAt(place, target, known);
    await rename(draft, target);
    return backup;
  } catch (error) {
    await Promise.all(made.map((path) => rm(path, { force: true }).catch(() => {})));
    throw explained(error, `${file} cannot be written`);
  }
}

/** Rejects if the path, or the file that was found there, has been replaced since. */
async function assertStillAt(
  place: ConfigPlace,
  target: string,
  known: Stats | null,
): Promise<void> {
  const isSamePath = (await targetOf(place)) === target;
  const found = known === null ? null : await lstat(target);
  if (!isSamePath || found?.ino !== known?.ino || found?.dev !== known?.dev) {
    throw new Error(`${place.file} was replaced in the meantime. Run the command again.`);
  }
}

/** Uses the first free name: backups are never overwritten and never written through a link. */
async function writeBackup(target: string, text: string, mode: number): Promise<string> {
  for (let number = 1; number <= MAX_BACKUPS; number += 1) {
    const path = `${target}.signalbox-backup${number === 1 ? '' : `-${number}`}`;
    try {
      await writeNew(path, text, mode, null);
      return path;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
  throw new Error(`There are already ${MAX_BACKUPS} backups of ${target}. Remove some of them.`);
}

/** Writes a new file; the path must not exist, not even as a link. Copies the owner of `like` if permitted. */
async function writeNew(
  path: string,
  text: string,
  mode: number,
  like: Stats | null,
): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    if (like !== null) await handle.chown(like.uid, like.gid).catch(() => {});
    await handle.writeFile(text);
    await handle.chmod(mode);
    await handle.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Rejects other encodings, because writing them back would lose characters. */
function decoded(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${file} is not valid UTF-8: save it as UTF-8 first`);
  }
}

function explained(error: unknown, what: string): unknown {
  const code = errnoOf(error);
  return code === null ? error : new Error(`${what} (${code})`);
}
