import { join, normalize } from 'node:path';
import { FSWatcher } from 'chokidar';

/** A name that no file has. */
const NOTHING = '.signalbox-nothing';

/**
 * Watches one directory with chokidar. Uses raw events, because chokidar drops events of the same path within 50 or 100 ms
 * of each other. Listeners must check the file system themselves.
 */
export class DirectoryWatcher extends FSWatcher {
  /** Resolves when it watches, or never will. Closing removes chokidar's own event. */
  readonly ready: Promise<void>;
  #isReady = () => {};

  constructor(directory: string) {
    const watched = normalize(directory);
    super({ depth: 0, atomic: false, ignored: (path) => normalize(path) !== watched });
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    this.once('ready', this.#isReady).once('error', this.#isReady);
    this.add(directory);
  }

  override close(): Promise<void> {
    this.#isReady();
    // _throttled is private to chokidar, hence its exact version in package.json.
    // An interrupted listing would leave a timer that keeps the process alive for a second.
    for (const throttles of this._throttled.values()) {
      for (const throttle of throttles.values()) throttle.clear();
    }
    return super.close();
  }

  // _readdirp is private to chokidar, too.
  /** chokidar lists the directory at each event, 300 ms for 100,000 names. Its lists are not used, so they are empty. */
  override _readdirp(...[root, options]: Parameters<FSWatcher['_readdirp']>) {
    return super._readdirp(join(root, NOTHING), { ...options, alwaysStat: false });
  }
}
