import { readdir } from 'node:fs/promises';
import { basename, normalize } from 'node:path';
import { FSWatcher } from 'chokidar';
import { codeOf, type DirectoryCondition, inspectDirectory } from '../trust.ts';
import { WayWatch } from './way-watch.ts';

/** Milliseconds between looks that nothing asked for: as long as the watches stand, and while one doesn't. */
const LOOK_ANYWAY = 30_000;
const LOOK_UNWATCHED = 2_000;
const LOOK_AFTER_STORM = 500;

/** So many events since the last look mean that more may have been lost: Linux queues 16,384 and drops the rest. */
const STORM = 4_096;

export interface WatchedDirectoryOptions {
  readonly directory: string;
  /** See {@link Naming}. */
  readonly isNamed: boolean;
  /** Something happened to the file of this name, or may have. */
  onName(name: string): void;
  /** What was found: the condition of the directory, and every name in it when it is usable. */
  onLook(condition: DirectoryCondition, names: readonly string[]): void;
  onTrouble(message: string, error: string): void;
  /** Milliseconds between looks that nothing asked for. */
  readonly lookAnyway?: number;
}

/**
 * chokidar as the doorbell of one directory: its events per path are dropped when they come within 50 or 100 ms of
 * each other, its raw ones never. So it watches the directory alone, and we look for ourselves at what rang.
 */
class Doorbell extends FSWatcher {
  /** Resolves when it rings from now on, or never will: closing takes chokidar's own event away. */
  readonly ready: Promise<void>;
  #isReady = () => {};

  constructor(directory: string) {
    const watched = normalize(directory);
    super({ depth: 0, atomic: false, ignored: (path) => normalize(path) !== watched });
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    this.once('ready', this.#isReady).once('error', this.#isReady);
  }

  override close(): Promise<void> {
    this.#isReady();
    // A listing cut short would leave a timer of a second behind, and the process waiting for it.
    for (const throttles of this._throttled.values()) {
      for (const throttle of throttles.values()) throttle.clear();
    }
    return super.close();
  }

  /** At each event chokidar lists the directory and asks for the facts of each file: spared, for all are ignored. */
  override _readdirp(...[root, options]: Parameters<FSWatcher['_readdirp']>) {
    const none = { alwaysStat: false, fileFilter: () => false, directoryFilter: () => false };
    return super._readdirp(root, { ...options, ...none });
  }
}

/** Watches one directory, which may be missing, come, be replaced and go. Looks at it whenever that may be. */
export class WatchedDirectory {
  readonly #options: WatchedDirectoryOptions;
  readonly #way: WayWatch;
  #doorbell: Doorbell | null = null;
  #watched = '';
  #rings = 0;
  #looking: Promise<void> | null = null;
  #again = false;
  #troubled = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchedDirectoryOptions) {
    this.#options = options;
    this.#way = new WayWatch(options.directory, () => this.#rewatch());
  }

  /** Looks until nothing has changed meanwhile. Never rejects. */
  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookUntilStill().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#way.close();
    await this.#unwatch();
    await this.#looking;
  }

  async #lookUntilStill(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#again && !this.#stopped) {
      this.#again = false;
      this.#rings = 0;
      try {
        await this.#lookOnce();
      } catch (error) {
        this.#options.onTrouble('a directory could not be looked at', codeOf(error));
      }
    }
    this.#lookLater();
  }

  #lookLater(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const stands = this.#way.stands && (this.#watched === '' || this.#doorbell !== null);
    const { lookAnyway = LOOK_ANYWAY } = this.#options;
    const most = this.#rings >= STORM ? LOOK_AFTER_STORM : stands ? lookAnyway : LOOK_UNWATCHED;
    const wait = Math.min(lookAnyway, most);
    this.#timer = setTimeout(() => void this.look(), wait).unref();
  }

  async #lookOnce(): Promise<void> {
    const { directory, isNamed, onLook } = this.#options;
    if (await this.#way.approach()) this.#again = true;
    const condition = await inspectDirectory(directory, { isNamed });
    await this.#watch(condition.kind === 'usable' ? condition.identity : '');
    if (this.#stopped) return;
    if (condition.kind !== 'usable') return onLook(condition, []);
    // Listed when the watch stands and not before: nothing falls between the two.
    const listing = await readdir(directory).catch((error: unknown) => codeOf(error));
    if (this.#stopped) return;
    if (typeof listing !== 'string') return onLook(condition, listing);
    const reason = `the directory cannot be read (${listing})`;
    if (listing === 'ENOENT') this.#again = true;
    else onLook({ kind: 'unreadable', reason }, []);
  }

  /** Watches the directory with this identity, or none. Resolves when the watch stands. */
  async #watch(identity: string): Promise<void> {
    if (identity === this.#watched && (identity === '' || this.#doorbell !== null)) return;
    await this.#unwatch();
    if (this.#stopped) return;
    this.#watched = identity;
    if (identity === '') return;
    const { directory, onName, onTrouble } = this.#options;
    const doorbell = new Doorbell(directory);
    this.#doorbell = doorbell;
    doorbell.on('raw', (_event, path) => {
      if (this.#doorbell !== doorbell) return;
      this.#rings += 1;
      if (this.#rings === STORM) this.#lookLater();
      const name = path ? basename(path) : '';
      if (name.endsWith('.json')) onName(name);
      // Without a name, or with its own, it is about the directory: changed, deleted or moved away.
      if (name === '') void this.look();
      else if (name === basename(directory)) this.#rewatch();
    });
    doorbell.on('error', (error) => {
      if (this.#doorbell !== doorbell) return;
      // Out of watches, most likely. Said once, for it is tried again and again.
      if (!this.#troubled) onTrouble("a directory can't be watched: it is polled", codeOf(error));
      this.#troubled = true;
      void this.#unwatch();
      this.#lookLater();
    });
    doorbell.add(directory);
    await doorbell.ready;
    if (this.#doorbell === doorbell) this.#troubled = false;
  }

  /** Looks, and watches what is there by then: the path may lead to another directory with the same inode number. */
  #rewatch(): void {
    void this.#unwatch();
    void this.look();
  }

  async #unwatch(): Promise<void> {
    const doorbell = this.#doorbell;
    this.#doorbell = null;
    await doorbell?.close();
  }
}
