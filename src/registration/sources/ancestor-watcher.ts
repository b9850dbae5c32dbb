import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

/**
 * Watches the ancestors of a directory: its parent or, while that is missing, the nearest existing ancestor, for changes of
 * the next path segment.
 */
export class AncestorWatcher {
  readonly #directory: string;
  readonly #onChange: () => void;
  #watcher: FSWatcher | null = null;
  #ancestor: string | null = null;

  constructor(directory: string, onChange: () => void) {
    this.#directory = directory;
    this.#onChange = onChange;
  }

  /** Whether an ancestor is watched. */
  get stands(): boolean {
    return this.#watcher !== null;
  }

  /** Watches the nearest ancestor. Resolves with whether the watch is new, in which case earlier changes were missed. */
  async approach(): Promise<boolean> {
    const ancestor = await nearestAncestor(this.#directory);
    if (this.#watcher !== null && this.#ancestor === ancestor) return false;
    this.close();
    const next = join(ancestor, relative(ancestor, this.#directory).split(sep)[0] ?? '');
    try {
      const watcher = watch(ancestor, (_event, name) => {
        if (this.#watcher !== watcher) return;
        // An event with its own name means that the ancestor was deleted or moved, which ends this watch.
        if (name === basename(ancestor)) this.close();
        else if (name !== null && name !== basename(next)) return;
        this.#onChange();
      });
      watcher.on('error', () => {
        if (this.#watcher !== watcher) return;
        this.close();
        this.#onChange();
      });
      this.#watcher = watcher;
      this.#ancestor = ancestor;
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}

async function nearestAncestor(path: string): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return parent;
  const isThere = await stat(parent).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  return isThere ? parent : nearestAncestor(parent);
}
