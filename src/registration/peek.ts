import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Largest registration, in bytes. */
const MAX_BYTES = 64 * 1024;

/**
 * What a file that may be a registration says, at once, also while the process exits; null when it is none. No link is
 * followed and no FIFO waits for its writer.
 */
export function peek(file: string): { readonly content: string; readonly ino: number } | null {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || facts.size > MAX_BYTES) return null;
    return { content: readFileSync(descriptor, 'utf8'), ino: facts.ino };
  } catch {
    return null;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
