import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

/**
 * Watches the way to a directory: its parent or, while that is missing, the nearest ancestor there is, for what
 * happens to the next step.
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

  /** Whether the way is watched. */
  get stands(): boolean {
    return this.#watcher !== null;
  }

  /** Goes to the nearest ancestor. Resolves to whether the watch is new: what happened before it wasn't seen. */
  async approach(): Promise<boolean> {
    const ancestor = await nearestAncestor(this.#directory);
    if (this.#watcher !== null && this.#ancestor === ancestor) return false;
    this.close();
    const next = join(ancestor, relative(ancestor, this.#directory).split(sep)[0] ?? '');
    try {
      const watcher = watch(ancestor, (_event, name) => {
        if (this.#watcher !== watcher) return;
        // Its own name tells that the ancestor itself was deleted or moved: this watch is over.
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
