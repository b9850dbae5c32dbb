import { lstatSync, unlinkSync } from 'node:fs';
import * as z from 'zod';
import type { Origin } from '../../machines/model.ts';
import { type Peeked, peek } from './peek.ts';

const withId = z.object({ id: z.string() });

/** Deletes the registration file of a dead instance if it still has that id. Resolves with whether it did; never rejects. */
export async function removeStaleFile({ file }: Origin, id: string): Promise<boolean> {
  return removeIf(file, (content) => {
    const parsed = withId.safeParse(JSON.parse(content.replace(/^\ufeff/, '')));
    return parsed.data?.id === id;
  });
}

/**
 * Deletes a file if `isMeant` accepts its contents. Reads and deletes synchronously, to minimize the time in which a new
 * instance's registration could be deleted instead. Never throws.
 */
export function removeIf(
  file: string,
  isMeant: (content: string, found: Peeked) => boolean,
): boolean {
  try {
    const found = peek(file);
    if (found === null || !isMeant(found.content, found)) return false;
    if (lstatSync(file).ino !== found.ino) return false;
    unlinkSync(file);
    return true;
  } catch {
    return false;
  }
}
