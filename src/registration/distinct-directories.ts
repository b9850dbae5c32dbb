import { resolve } from 'node:path';
import { inspectDirectory, type Naming } from '../trust.ts';

/**
 * Makes the directories absolute and drops duplicates, including other paths of the same directory. Untrusted links are not
 * resolved: otherwise another user's link could take the place of its target.
 */
export async function distinctDirectories(
  directories: readonly string[],
  naming: Naming,
): Promise<string[]> {
  const spellings = new Map<string, string>();
  for (const directory of directories.map((each) => resolve(each))) {
    const condition = await inspectDirectory(directory, naming);
    const real = 'path' in condition ? condition.path : directory;
    if (!spellings.has(real)) spellings.set(real, directory);
  }
  return [...spellings.values()];
}
