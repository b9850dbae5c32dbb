import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** The directories, absolute, in their order; of those that are one and the same, the first spelling. */
export async function distinctDirectories(directories: readonly string[]): Promise<string[]> {
  const spellings = new Map<string, string>();
  for (const directory of directories.map((each) => resolve(each))) {
    const real = await realPathOf(directory);
    if (!spellings.has(real)) spellings.set(real, directory);
  }
  return [...spellings.values()];
}

/** Without links as far as the path exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return dirname(path) === path ? path : join(await realPathOf(dirname(path)), basename(path));
  }
}
