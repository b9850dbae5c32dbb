import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { BUDGETS } from '../budgets.ts';

/** Don't follow links, and don't block on a FIFO. Windows has neither flag. */
export const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What was found in a file. */
export interface Peeked {
  readonly content: string;
  readonly ino: number;
  /** Time of the last write, in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/**
 * Reads a possible registration file synchronously, even while the process exits. Null if it isn't one. Follows no links and
 * doesn't block on a FIFO.
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
