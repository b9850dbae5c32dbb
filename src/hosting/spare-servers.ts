import type { ServerStart } from './supervisor.ts';

/** Milliseconds for which a started server is kept for another client. */
const KEPT = 60_000;

/** Maximum number of servers that are kept. */
const MOST = 8;

/**
 * Keeps servers whose clients left before using them. Without this, a client whose timeout is shorter than the server's
 * start could never use it.
 */
export class SpareServers {
  readonly #spares = new Set<ServerStart>();

  /** Keeps a server that has received only `initialize`. Resolves at once, or when it has been stopped if it isn't kept. */
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

  /** Takes a server that was started with the same `params` of `initialize`, or null. */
  take(params: string): ServerStart | null {
    for (const spare of this.#spares) {
      if (spare.params !== params) continue;
      this.#spares.delete(spare);
      return spare;
    }
    return null;
  }
}
