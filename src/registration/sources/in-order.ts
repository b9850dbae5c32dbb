/** How many reads run at once: enough for Node's four I/O threads, few enough to leave room for others. */
const AT_ONCE = 8;

/** Reads something, and resolves to the step that makes use of it. */
export type Read = () => Promise<() => void>;

/**
 * Runs reads side by side, a few at a time, and takes their steps one by one in the order in which they were
 * asked for: an older result never arrives after a newer one, and the first by name is the first to be judged.
 */
export class InOrder {
  readonly #waiting = new Map<string, Read>();
  readonly #onError: (error: unknown) => void;
  #running = 0;
  #steps: Promise<void> = Promise.resolve();

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** A read with this key that has not begun yet will see all that this one would: it is enough. */
  add(key: string, read: Read): void {
    if (!this.#waiting.has(key)) this.#waiting.set(key, read);
    this.#begin();
  }

  /** Forgets what has not begun. Resolves when what has begun is over. */
  stop(): Promise<void> {
    this.#waiting.clear();
    return this.#steps;
  }

  #begin(): void {
    for (const [key, read] of this.#waiting) {
      if (this.#running >= AT_ONCE) return;
      this.#waiting.delete(key);
      this.#running += 1;
      // Caught here and not in the step: it waits for the steps before it, and Node ends on what nobody catches.
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
