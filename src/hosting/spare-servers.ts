import type { ServerStart } from './supervisor.ts';

/** Milliseconds for which a server that has started is kept for somebody who needs one like it. */
const KEPT = 60_000;

/** Servers that are kept at most. */
const MOST = 8;

/**
 * Servers that were started for clients which have left before they used them. A server that takes long to start is kept
 * for the next try: whoever gives up early would never get one otherwise.
 */
export class SpareServers {
  readonly #spares = new Set<ServerStart>();

  /** Keeps one that nobody has sent more than `initialize`. Resolves when it is stopped instead, or at once. */
  async keep(start: ServerStart): Promise<void> {
    const { server, answered } = start;
    if (this.#spares.size >= MOST) return server.stop();
    this.#spares.add(start);
    void server.ended.then(() => this.#spares.delete(start));
    answered.then(
      () => {
        setTimeout(() => {
          if (this.#spares.delete(start)) void server.stop();
        }, KEPT).unref();
      },
      () => this.#spares.delete(start),
    );
  }

  /** One that was started with the same `params` of `initialize`, or null. */
  take(params: string): ServerStart | null {
    for (const spare of this.#spares) {
      if (spare.params !== params) continue;
      this.#spares.delete(spare);
      return spare;
    }
    return null;
  }
}
