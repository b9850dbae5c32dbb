import { join, normalize } from 'node:path';
import { FSWatcher } from 'chokidar';

/** A name that no file has. */
const NOTHING = '.signalbox-nothing';

/**
 * chokidar, watching one directory alone. Of its own events, those of one path are dropped when they come within 50 or
 * 100 ms of each other, so the raw ones are used, and whoever listens looks at what is there.
 */
export class DirectoryWatcher extends FSWatcher {
  /** Resolves when it watches, or never will: closing takes chokidar's own event away. */
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
    // A listing cut short would leave a timer of a second behind, and the process waiting for it.
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
