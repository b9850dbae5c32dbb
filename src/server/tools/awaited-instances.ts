import type { ToolContext } from './hub-tool.ts';

/** The instances that a call waits for, which may change. Each is retried often while it is away. */
export class AwaitedInstances {
  readonly #context: Pick<ToolContext, 'awaitInstance'>;
  readonly #releases = new Map<string, () => void>();

  constructor(context: Pick<ToolContext, 'awaitInstance'>) {
    this.#context = context;
  }

  /** Replaces the ids of the awaited instances. */
  set(ids: readonly string[]): void {
    for (const [id, release] of this.#releases) {
      if (ids.includes(id)) continue;
      this.#releases.delete(id);
      release();
    }
    for (const id of ids) {
      if (!this.#releases.has(id)) this.#releases.set(id, this.#context.awaitInstance(id));
    }
  }
}
