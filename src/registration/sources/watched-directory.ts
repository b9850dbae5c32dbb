import { opendir } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  codeOf,
  type DirectoryCondition,
  inspectDirectory,
  isShortage,
  unreadable,
} from '../../trust.ts';
import { AncestorWatcher } from './ancestor-watcher.ts';
import type { DirectoryWatcher } from './directory-watcher.ts';

/** Milliseconds between periodic checks, with working watches and without. */
const LOOK_ANYWAY = 30_000;
const LOOK_UNWATCHED = 2_000;
const LOOK_AFTER_STORM = 500;
const LOOK_AFTER_SHORTAGE = 1_000;

/** After this many events since the last check, more may have been lost: Linux queues 16,384 and drops the rest. */
const STORM = 4_096;

/** How many names are read at once. */
const PORTION = 1_024;

export interface WatchedDirectoryOptions {
  readonly directory: string;
  /** See {@link Naming}. */
  readonly isNamed: boolean;
  /** The file with this name may have changed. */
  onName(name: string): void;
  /** Reports the condition of the directory and, if it is usable, every name in it that ends in `.json`. */
  onLook(condition: DirectoryCondition, names: readonly string[]): void;
  onTrouble(message: string, error: string): void;
  /** Milliseconds between periodic checks. */
  readonly lookAnyway?: number;
}

/**
 * A directory that may be missing, appear, be replaced and disappear. It is checked whenever one of these may have happened.
 * File events are reported once `watch` has been called.
 */
export class WatchedDirectory {
  readonly #options: WatchedDirectoryOptions;
  readonly #ancestors: AncestorWatcher;
  #watcher: DirectoryWatcher | null = null;
  #mayWatch = false;
  /** Identity of the directory that is watched or could not be watched. Empty if there is none. */
  #watched = '';
  #rings = 0;
  /** Listing failed for lack of a file descriptor. */
  #isShort = false;
  #looking: Promise<void> | null = null;
  #again = false;
  #troubled = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchedDirectoryOptions) {
    this.#options = options;
    this.#ancestors = new AncestorWatcher(options.directory, () => this.#rewatch());
  }

  /** Checks the directory until nothing has changed during a check. Never rejects. */
  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookUntilStill().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Starts watching, then checks again so that no change in between is lost. Never rejects. */
  watch(): Promise<void> {
    this.#mayWatch = true;
    return this.look();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#unwatch();
    await this.#looking;
    // A running check may already have started to watch.
    this.#ancestors.close();
    await this.#unwatch();
  }

  async #lookUntilStill(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#again && !this.#stopped) {
      this.#again = false;
      this.#rings = 0;
      try {
        await this.#lookOnce();
      } catch (error) {
        this.#options.onTrouble('a directory could not be checked', codeOf(error));
      }
    }
    this.#lookLater();
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const stands = this.#ancestors.stands && (this.#watched === '' || this.#watcher !== null);
    const { lookAnyway = LOOK_ANYWAY } = this.#options;
    const most = this.#rings >= STORM ? LOOK_AFTER_STORM : stands ? lookAnyway : LOOK_UNWATCHED;
    const wait = Math.min(lookAnyway, this.#isShort ? LOOK_AFTER_SHORTAGE : most);
    this.#timer = setTimeout(() => void this.look(), wait).unref();
  }

  async #lookOnce(): Promise<void> {
    const { directory, isNamed, onLook } = this.#options;
    const isNewWay = await this.#ancestors.approach();
    if (isNewWay) this.#again = true;
    const condition = await inspectDirectory(directory, { isNamed });
    if (this.#mayWatch) await this.#watch(condition.kind === 'usable' ? condition.identity : '');
    if (this.#stopped) return;
    if (condition.kind !== 'usable') return onLook(condition, []);
    // Another check follows immediately, so it is listed then.
    if (isNewWay) return;
    // It is listed only after it is watched, so that no change in between is lost.
    this.#isShort = false;
    const listing = await namesIn(directory).catch((error: unknown) => {
      this.#isShort = isShortage(error);
      return error;
    });
    if (this.#stopped) return;
    if (Array.isArray(listing)) onLook(condition, listing);
    else if (codeOf(listing) === 'ENOENT') this.#again = true;
    // A shortage says nothing about the directory: known files are kept, and it is listed again soon.
    else if (!this.#isShort) onLook(unreadable(listing), []);
  }

  /** Watches the directory with this identity, or none. Resolves when it is watched. */
  async #watch(identity: string): Promise<void> {
    if (identity === this.#watched && (identity === '' || this.#watcher !== null)) return;
    await this.#unwatch();
    if (this.#stopped) return;
    this.#watched = identity;
    if (identity === '') return;
    const watcher = await this.#load();
    if (watcher === null) return;
    this.#watcher = watcher;
    watcher.on('raw', (_event, path) => {
      if (this.#watcher === watcher) this.#changed(path ? basename(path) : '');
    });
    watcher.on('error', (error) => {
      if (this.#watcher === watcher) this.#lose(error);
    });
    await watcher.ready;
    if (this.#watcher === watcher) this.#troubled = false;
  }

  /** chokidar is loaded with the first watcher: a hub without directories needs none. */
  async #load(): Promise<DirectoryWatcher | null> {
    try {
      const { DirectoryWatcher } = await import('./directory-watcher.ts');
      return this.#stopped ? null : new DirectoryWatcher(this.#options.directory);
    } catch (error) {
      this.#lose(error);
      return null;
    }
  }

  #changed(name: string): void {
    this.#rings += 1;
    if (this.#rings === STORM) this.#lookLater();
    if (name.endsWith('.json')) this.#options.onName(name);
    // An event without a name, or with the directory's own, means that the directory was changed, deleted or moved.
    if (name === '') void this.look();
    else if (name === basename(this.#options.directory)) this.#rewatch();
  }

  /** Most likely out of watches. Reported once, because watching is retried again and again. */
  #lose(error: unknown): void {
    const { onTrouble } = this.#options;
    if (!this.#troubled) onTrouble("a directory can't be watched: it is polled", codeOf(error));
    this.#troubled = true;
    void this.#unwatch();
    this.#lookLater();
  }

  /** Checks and watches again: the path may lead to another directory with the same inode number. */
  #rewatch(): void {
    void this.#unwatch();
    void this.look();
  }

  async #unwatch(): Promise<void> {
    const watcher = this.#watcher;
    this.#watcher = null;
    await watcher?.close();
  }
}

/** Reads in batches, so that other work can run however many names there are. */
async function namesIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(directory, { bufferSize: PORTION })) {
    if (name.endsWith('.json')) names.push(name);
  }
  return names;
}
