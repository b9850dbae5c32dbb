/** How many reads run at once: enough for Node's four I/O threads, few enough to leave room for others. */
const AT_ONCE = 8;

/** Reads something, and resolves with the step that processes it. */
export type Read = () => Promise<() => void>;

/**
 * Runs a few reads concurrently, and their steps one by one in the order of the requests. An older result never arrives
 * after a newer one, and files are processed in order of their names.
 */
export class InOrder {
  readonly #waiting = new Map<string, Read>();
  readonly #onError: (error: unknown) => void;
  #running = 0;
  #steps: Promise<void> = Promise.resolve();

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** A pending read with this key will see everything that this one would. */
  add(key: string, read: Read): void {
    if (!this.#waiting.has(key)) this.#waiting.set(key, read);
    this.#begin();
  }

  /** Drops pending reads. Resolves when running ones have ended. */
  stop(): Promise<void> {
    this.#waiting.clear();
    return this.#steps;
  }

  #begin(): void {
    for (const [key, read] of this.#waiting) {
      if (this.#running >= AT_ONCE) return;
      this.#waiting.delete(key);
      this.#running += 1;
      // Caught here, because the step runs only after earlier ones, and Node exits on unhandled rejections.
      const result = read().catch((error: unknown) => () => this.#onError(error));
      this.#steps = this.#steps.then(() => this.#take(result));
    }
  }

  async #take(result: Promise<() => void>): Promise<void> {
    try {
      (await result)();
    } catch (error) {
      this.#onError(error);
    }
    this.#running -= 1;
    this.#begin();
  }
}
