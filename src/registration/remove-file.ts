import { lstatSync, unlinkSync } from 'node:fs';
import * as z from 'zod';
import type { Origin } from '../../machines/model.ts';
import { type Peeked, peek } from './peek.ts';

const withId = z.object({ id: z.string() });

/**
 * Deletes the file that a dead instance was registered with, if it still holds that id. Resolves to whether it did; never
 * rejects.
 */
export async function removeStaleFile({ file }: Origin, id: string): Promise<boolean> {
  return removeIf(file, (content) => {
    const parsed = withId.safeParse(JSON.parse(content.replace(/^\ufeff/, '')));
    return parsed.data?.id === id;
  });
}

/**
 * Deletes a file that says what `isMeant` looks for. In one go without waiting in between: a new instance that takes
 * over the file has but a moment in which its registration could be deleted for another's. Never throws.
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
