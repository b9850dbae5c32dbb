import { constants } from 'node:fs';
import { access, type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Registration } from '../../machines/model.ts';
import { errnoOf } from '../errors.ts';
import { MAX_FILE_BYTES, parseRegistration } from './schema.ts';

/** What a file turned out to be. `version` changes whenever the file is written; empty when it can't be told. */
export type FileContent =
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly reason: string; readonly version: string }
  | { readonly kind: 'accepted'; readonly registration: Registration; readonly version: string };

/** Writable by group or others. */
const OPEN_TO_OTHERS = 0o022;

/** Without waiting for a writer of a FIFO, and not through a link. Windows knows neither flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** Reads one registration file. Never rejects. */
export async function readRegistrationFile(
  file: string,
  allowHosts: readonly string[],
): Promise<FileContent> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, FLAGS);
    const { reason, version } = await inspect(handle, file);
    if (reason !== null) return refused(reason, version);
    const parsed = parseRegistration(await read(handle), { file, allowHosts });
    if ('reason' in parsed) return refused(parsed.reason, version);
    const { registration } = parsed;
    const hasPackageJson =
      registration.hasPackageJson ?? (await exists(join(registration.path, 'package.json')));
    return { kind: 'accepted', registration: { ...registration, hasPackageJson }, version };
  } catch (error) {
    return failure(error);
  } finally {
    await handle?.close().catch(() => {});
  }
}

const refused = (reason: string, version = ''): FileContent => ({
  kind: 'refused',
  reason,
  version,
});

async function inspect(handle: FileHandle, file: string) {
  const about = await handle.stat({ bigint: true });
  const version = `${about.ino}:${about.size}:${about.mtimeNs}:${about.ctimeNs}`;
  if (!about.isFile()) return { reason: 'not a regular file', version };
  if (about.size > MAX_FILE_BYTES)
    return { reason: `larger than ${MAX_FILE_BYTES} bytes`, version };
  const reason =
    ownership('the file', Number(about.uid), Number(about.mode)) ??
    (await directoryOwnership(dirname(file)));
  return { reason, version };
}

async function directoryOwnership(directory: string): Promise<string | null> {
  const { uid, mode } = await stat(directory);
  return ownership('its directory', uid, mode);
}

/** Why what somebody else may write is not to be trusted; null when it is ours alone, and where there is no such thing. */
function ownership(what: string, uid: number, mode: number): string | null {
  if (process.getuid === undefined) return null;
  if (uid !== process.getuid()) return `${what} belongs to another user (uid ${uid})`;
  if ((mode & OPEN_TO_OTHERS) !== 0) return `${what} can be written by others (chmod go-w)`;
  return null;
}

async function read(handle: FileHandle): Promise<string> {
  // One byte more than allowed: it may have grown since it was looked at.
  const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

function failure(error: unknown): FileContent {
  const code = errnoOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'gone' };
  if (code === 'ELOOP' || code === 'EMLINK') return refused('a symbolic link');
  if (code === 'ENXIO') return refused('not a regular file');
  return refused(`cannot be read (${code ?? 'unknown error'})`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
