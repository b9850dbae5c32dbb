import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Largest registration, in bytes. */
const MAX_BYTES = 64 * 1024;

/** What was found in a file. */
export interface Peeked {
  readonly content: string;
  readonly ino: number;
  /** When it was last written to, in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/**
 * What a file that may be a registration says, at once, also while the process exits; null when it is none. No link is
 * followed and no FIFO waits for its writer.
 */
export function peek(file: string): Peeked | null {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || facts.size > MAX_BYTES) return null;
    const { ino, mtimeMs } = facts;
    return { content: readFileSync(descriptor, 'utf8'), ino, mtimeMs };
  } catch {
    return null;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
