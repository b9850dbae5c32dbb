import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** How often it is checked that the directory watched is still the one at its path, in milliseconds. */
const CHECK_INTERVAL = 2_000;

export interface DirectoryWatchOptions {
  readonly directory: string;
  /** Whether a file of this name is of interest. */
  isWanted(name: string): boolean;
  /** A file is there, or was written. */
  onFile(file: string): void;
  onGone(file: string): void;
  /** Every file that was there at first has been told. Once. */
  onReady(): void;
}

/**
 * Watches the files of one directory, which may be missing, come, be deleted and come back. chokidar doesn't see a path
 * that isn't there, so until it is, its nearest ancestor is watched for the next step of the way.
 */
export class DirectoryWatch {
  readonly #options: DirectoryWatchOptions;
  readonly #files = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | null = null;
  /** Device and inode of what is watched. */
  #aimedAt = '';
  #isReady = false;
  #isClosed = false;

  constructor(options: DirectoryWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#check(), CHECK_INTERVAL);
    this.#timer.unref();
    this.#aim();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#watcher?.close();
  }

  /** A directory that was moved away, or whose end the system didn't tell. */
  #check(): void {
    if (identity(nearest(this.#options.directory)) !== this.#aimedAt) this.#aim();
  }

  #aim(): void {
    if (this.#isClosed) return;
    void this.#watcher?.close();
    const { directory } = this.#options;
    const there = nearest(directory);
    this.#aimedAt = identity(there);
    if (there === directory) this.#watchFiles(directory);
    else this.#watchFor(there, join(there, firstStep(there, directory)));
  }

  #watchFiles(directory: string): void {
    const { isWanted, onFile } = this.#options;
    const base = real(directory);
    const before = new Set(this.#files);
    const pathOf = (found: string) => join(directory, relative(base, found));
    const watcher = watch(base, {
      depth: 0,
      // A rename over a file is one change, and a removal is told at once.
      atomic: false,
      followSymlinks: false,
      ignored: (path) =>
        path !== base && !(dirname(path) === base && isWanted(path.slice(base.length + 1))),
    });
    const seen = (found: string) => {
      const file = pathOf(found);
      before.delete(file);
      this.#files.add(file);
      onFile(file);
    };
    watcher.on('add', seen);
    watcher.on('change', seen);
    watcher.on('unlink', (found) => this.#gone(pathOf(found)));
    // A directory by the name of a file is to be refused like anything else that isn't one.
    watcher.on('addDir', (found) => {
      if (found !== base) seen(found);
    });
    watcher.on('unlinkDir', (found) => {
      if (found !== base) this.#gone(pathOf(found));
      else if (this.#watcher === watcher) this.#left();
    });
    watcher.on('ready', () => {
      if (this.#watcher !== watcher) return;
      for (const file of before) this.#gone(file);
      this.#ready();
    });
    this.#watch(watcher);
  }

  /** Waits at `ancestor` for `step`, the next directory on the way. */
  #watchFor(ancestor: string, step: string): void {
    this.#left(false);
    const base = real(ancestor);
    const wanted = join(base, relative(ancestor, step));
    const watcher = watch(base, {
      depth: 0,
      followSymlinks: false,
      ignored: (path) => path !== base && path !== wanted,
    });
    const look = () => {
      if (this.#watcher === watcher) this.#check();
    };
    watcher.on('addDir', look);
    watcher.on('add', look);
    watcher.on('unlinkDir', look);
    watcher.on('ready', () => {
      if (this.#watcher !== watcher) return;
      look();
      if (this.#watcher === watcher) this.#ready();
    });
    this.#watch(watcher);
  }

  #watch(watcher: FSWatcher): void {
    this.#watcher = watcher;
    // Nothing to be done: what can't be watched is looked for again by the check.
    watcher.on('error', () => {
      if (this.#watcher === watcher) {
        this.#aimedAt = '';
        this.#ready();
      }
    });
  }

  #left(aimAgain = true): void {
    for (const file of this.#files) this.#gone(file);
    if (aimAgain) this.#aim();
  }

  #gone(file: string): void {
    if (this.#files.delete(file)) this.#options.onGone(file);
  }

  #ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#options.onReady();
  }
}

/** The directory itself, or its nearest ancestor that is a directory. */
function nearest(directory: string): string {
  let path = directory;
  while (!isDirectory(path) && dirname(path) !== path) path = dirname(path);
  return path;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function identity(path: string): string {
  try {
    const { dev, ino } = statSync(path);
    return `${path}:${dev}:${ino}`;
  } catch {
    return '';
  }
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function firstStep(ancestor: string, directory: string): string {
  return relative(ancestor, directory).split(sep)[0] ?? '';
}
