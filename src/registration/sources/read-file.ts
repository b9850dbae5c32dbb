import { hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RefusalCode } from '../../../machines/model.ts';
import { BUDGETS } from '../../budgets.ts';
import { isMissing } from '../../path-steps.ts';
import {
  codeOf,
  distrust,
  inspectDirectory,
  isShortage,
  isStill,
  type Naming,
} from '../../trust.ts';
import { FLAGS } from '../peek.ts';

const { value: MAX_BYTES } = BUDGETS.registrationFile;

/** File system timestamps are coarse: two writes of the same length within this time look the same. */
const CLOCK_STEP = 100;

/** Identifies the state of a file without reading it. */
export interface Seen {
  readonly stamp: string;
  readonly digest: string;
  /** Whether the file was old enough when read for its stamp alone to be reliable. */
  readonly isSettled: boolean;
}

export type FileFound =
  | { readonly kind: 'read'; readonly bytes: Uint8Array; readonly seen: Seen }
  /** It certainly hasn't been written since `seen`. */
  | { readonly kind: 'unchanged' }
  /** Not a registration, or no longer one: the file or its directory is gone, or the directory can't be trusted. */
  | { readonly kind: 'gone' }
  /** Another user may have written it. Its contents are ignored. */
  | ({ readonly kind: 'untrusted' } & Fault)
  /** Possibly temporary. `isOurs`: the hub is out of file descriptors, which says nothing about the file. */
  | ({ readonly kind: 'unreadable'; readonly isOurs?: boolean } & Fault);

interface Fault {
  readonly code: RefusalCode;
  readonly reason: string;
}

const TOO_LARGE: FileFound = {
  kind: 'unreadable',
  code: 'TOO_LARGE',
  reason: `larger than ${MAX_BYTES} bytes`,
};

/** The directory of a file. */
export interface FileDirectory extends Naming {
  /** Its identity when it was last trusted. */
  readonly identity?: string | undefined;
}

/** Reads a registration file if it can be trusted. Never blocks on a FIFO, follows links, or rejects. */
export async function readFile(
  file: string,
  seen: Seen | undefined,
  { identity, isNamed }: FileDirectory = { isNamed: true },
): Promise<FileFound> {
  if (identity === undefined || !(await isStill(dirname(file), identity))) {
    const { kind } = await inspectDirectory(dirname(file), { isNamed });
    if (kind === 'missing' || kind === 'untrusted') return { kind: 'gone' };
  }
  let handle: FileHandle | undefined;
  try {
    // Opening a device can have side effects, so the file is checked before and again after it is opened.
    const before = await lstat(file, { bigint: true });
    if (seen?.isSettled && seen.stamp === stampOf(before)) return { kind: 'unchanged' };
    const fault = distrustFile(before);
    if (fault !== null) return { kind: 'untrusted', ...fault };
    if (before.size > MAX_BYTES) return TOO_LARGE;
    handle = await open(file, FLAGS);
    return await readHandle(handle);
  } catch (error) {
    if (isMissing(error)) return { kind: 'gone' };
    const reason = `cannot be read (${codeOf(error)})`;
    return { kind: 'unreadable', code: 'UNREADABLE', reason, isOurs: isShortage(error) };
  } finally {
    await handle?.close().catch(() => {});
  }
}

async function readHandle(handle: FileHandle): Promise<FileFound> {
  const readAt = Date.now();
  const facts = await handle.stat({ bigint: true });
  const fault = distrustFile(facts);
  if (fault !== null) return { kind: 'untrusted', ...fault };
  // One byte more than allowed, because the file may have grown since the check.
  const buffer = Buffer.allocUnsafe(Math.min(Number(facts.size), MAX_BYTES) + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > MAX_BYTES) return TOO_LARGE;
  const bytes = buffer.subarray(0, length);
  const isSettled = readAt - Number(facts.ctimeMs) > CLOCK_STEP;
  return {
    kind: 'read',
    bytes,
    seen: { stamp: stampOf(facts), digest: hash('sha1', bytes), isSettled },
  };
}

function distrustFile(facts: BigIntStats): Fault | null {
  if (facts.isSymbolicLink()) return { code: 'SYMBOLIC_LINK', reason: 'a symbolic link' };
  if (!facts.isFile()) return { code: 'NOT_A_FILE', reason: 'not a regular file' };
  const fault = distrust(facts);
  return fault === null ? null : { code: fault.code, reason: `the file ${fault.reason}` };
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}
