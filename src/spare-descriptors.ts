import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** As many as an import needs at once: a file and the files it imports. */
const SPARES = 4;

/**
 * Reserves file descriptors for lazy imports. Node caches an import that failed for lack of descriptors, so it would never
 * succeed again.
 */
export class SpareDescriptors {
  #held: number[] = [];

  constructor() {
    this.#hold();
  }

  /** Releases the reserved descriptors while `load` runs. */
  async during<T>(load: () => Promise<T>): Promise<T> {
    this.close();
    try {
      return await load();
    } finally {
      this.#hold();
    }
  }

  close(): void {
    for (const descriptor of this.#held) closeSync(descriptor);
    this.#held = [];
  }

  #hold(): void {
    try {
      while (this.#held.length < SPARES) this.#held.push(openSync(devNull, 'r'));
    } catch {
      // No more descriptors are available: keep what we have.
    }
  }
}
