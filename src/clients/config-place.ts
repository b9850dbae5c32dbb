import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { errnoOf } from '../errors.ts';

/** Where a configuration is, or would be. */
export interface ConfigPlace {
  readonly file: string;
  /**
   * The folder of the project that the file belongs to: nothing outside of it is read or written. Null for a user's own
   * file: that may be a link, and what it leads to is meant.
   */
  readonly project: string | null;
}

/**
 * The path of the file without links, there or not. Rejects when a project's file leads out of the project, or through a
 * link to nothing, and with the system's error when it can't be looked up.
 */
export function targetOf({ file, project }: ConfigPlace): Promise<string> {
  return project === null ? followed(file) : realPathInside(project, file);
}

async function realPathInside(project: string, file: string): Promise<string> {
  const top = await realpath(project);
  let at = top;
  for (const name of relative(project, file).split(sep)) {
    const next = join(at, name);
    const real = await unlessMissing(realpath(next));
    if (real === null && (await unlessMissing(lstat(next))) !== null) {
      throw new Error(`${next} is a link to nothing: it is not followed in a project`);
    }
    if (real !== null && !isInside(top, real)) {
      throw new Error(`${next} leads out of the project, to ${real}: it is not followed`);
    }
    at = real ?? next;
  }
  return at;
}

function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Through links, also where they lead to what is not there yet. */
async function followed(file: string): Promise<string> {
  const real = await unlessMissing(realpath(file));
  if (real !== null) return real;
  const folder = await unlessMissing(realpath(dirname(file)));
  const isLink = (await unlessMissing(lstat(file)))?.isSymbolicLink() ?? false;
  return folder === null || !isLink ? file : followed(resolve(folder, await readlink(file)));
}

async function unlessMissing<Value>(found: Promise<Value>): Promise<Value | null> {
  return found.catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  });
}
