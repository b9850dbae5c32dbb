import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '../errors.ts';
import { type ConfigPlace, targetOf } from './config-place.ts';

/** Largest configuration that is touched, in bytes: Claude Code's holds every project's history. */
const MAX_BYTES = 64 * 2 ** 20;

/** Backups that may stand beside a file. */
const MAX_BACKUPS = 1_000;

/** Windows has neither. A FIFO would be waited for; a link in the last step is new since it was looked for. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * Reads a configuration. Null: there is none. Rejects, with the reason, for what isn't a file of a sensible size in UTF-8,
 * and for a project's file that leads out of the project.
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
 * Writes a configuration in one step, with the rights that the file has, and what was there (`before`) to a new file beside
 * it. Resolves with the path of that backup, or null when there was nothing. Rejects, and has changed nothing, when the file
 * can't be written, and for a project's file that leads out of the project.
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
    if ((mode & 0o222) === 0) throw new Error(`${file} is read-only: nothing is written`);
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

/** Rejects when the path, or the file that was found there, has been exchanged since. */
async function assertStillAt(
  place: ConfigPlace,
  target: string,
  known: Stats | null,
): Promise<void> {
  const isSamePath = (await targetOf(place)) === target;
  const found = known === null ? null : await lstat(target);
  if (!isSamePath || found?.ino !== known?.ino || found?.dev !== known?.dev) {
    throw new Error(`${place.file} was exchanged meanwhile. Run this again.`);
  }
}

/** The first name that is free: a backup is never written over, and never through a link. */
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
  throw new Error(`there are ${MAX_BACKUPS} backups of ${target}: remove some`);
}

/** Writes a file that must not be there yet, neither as a link. It gets the owner of `like`, where this user may give it. */
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

/** Another encoding would be written back with its letters lost. */
function decoded(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${file} is not valid UTF-8: save it in that encoding first`);
  }
}

function explained(error: unknown, what: string): unknown {
  const code = errnoOf(error);
  return code === null ? error : new Error(`${what} (${code})`);
}
