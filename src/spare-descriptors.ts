import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** As many as an import takes at once: a file and what it imports. */
const SPARES = 4;

/**
 * File descriptors held back for code that is loaded late: Node remembers an import that failed for want of one, so that
 * it would fail for ever.
 */
export class SpareDescriptors {
  #held: number[] = [];

  constructor() {
    this.#hold();
  }

  /** Runs `load` with descriptors to spare. */
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
      // As many as there are.
    }
  }
}
