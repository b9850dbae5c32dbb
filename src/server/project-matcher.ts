import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceContext } from '../../machines/instance-setup.ts';

/** Finds the instance whose project is, or contains, one of these directories. */
export class ProjectMatcher {
  readonly #roots: readonly string[];
  readonly #real = new Map<string, string>();

  constructor(roots: readonly string[]) {
    this.#roots = roots.map((root) => this.#realOf(root));
  }

  /**
   * The instance with the longest path, or null if two have it. Ignores dead instances, which crashed servers leave behind.
   */
  match(instances: readonly InstanceContext[]): InstanceContext | null {
    const fitting = instances
      .filter((instance) => instance.state !== 'dead' && this.fits(instance))
      .map((instance) => ({ instance, path: this.#realOf(instance.registration.path) }))
      .sort((a, b) => b.path.length - a.path.length);
    const [first, second] = fitting;
    if (first === undefined || second?.path.length === first.path.length) return null;
    return first.instance;
  }

  /** Whether the project of the instance is, or contains, one of the directories. */
  fits({ registration }: InstanceContext): boolean {
    const path = this.#realOf(registration.path);
    return this.#roots.some((root) => contains(path, root));
  }

  /** Resolves symbolic links if the path exists. */
  #realOf(path: string): string {
    const known = this.#real.get(path);
    if (known !== undefined) return known;
    let real = path.replace(/(?<=.)[/\\]+$/, '');
    try {
      real = realpathSync(path);
    } catch {
      // A path that doesn't exist is used as it is.
    }
    this.#real.set(path, real);
    return real;
  }
}

/** The directories of `file:` roots. Ignores other roots. */
export function pathsOfRoots(uris: readonly unknown[]): string[] {
  return uris.flatMap((uri) => {
    try {
      return typeof uri === 'string' ? [fileURLToPath(uri)] : [];
    } catch {
      return [];
    }
  });
}

function contains(directory: string, path: string): boolean {
  return (
    path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)
  );
}
