import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { BUDGETS } from '../budgets.ts';

/** No link is followed, and no FIFO waits for its writer. Windows has neither flag. */
export const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

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
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, FLAGS);
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || facts.size > BUDGETS.registrationFile.value) return null;
    const { ino, mtimeMs } = facts;
    return { content: readFileSync(descriptor, 'utf8'), ino, mtimeMs };
  } catch {
    return null;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
