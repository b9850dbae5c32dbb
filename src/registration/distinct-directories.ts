import { resolve } from 'node:path';
import { inspectDirectory, type Naming } from '../trust.ts';

/**
 * The directories, absolute, in their order; of those that are one and the same, the first spelling. A link that isn't to be
 * followed leads nowhere: otherwise a link of another user could take the place of the directory to which it leads.
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
