import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { errnoOf } from '../errors.ts';

/** The location of a configuration, which may not exist yet. */
export interface ConfigPlace {
  readonly file: string;
  /**
   * The directory of the project that the file belongs to. Nothing outside it is read or written. Null for a user's own
   * file, which may be a link.
   */
  readonly project: string | null;
}

/**
 * Resolves the path of the file without links, even if it doesn't exist. Rejects if a project's file leads out of the project
 * or through a dangling link, and with system errors.
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
      throw new Error(`${next} is a dangling link, which is not followed in a project`);
    }
    if (real !== null && !isInside(top, real)) {
      throw new Error(`${next} leads out of the project, to ${real}, and is not followed`);
    }
    at = real ?? next;
  }
  return at;
}

function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Follows links, even to a path that doesn't exist yet. */
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
