import type { ToolContext } from './hub-tool.ts';

/** The instances that one call waits for, whichever these are meanwhile: each is tried often while it is away. */
export class AwaitedInstances {
  readonly #context: Pick<ToolContext, 'awaitInstance'>;
  readonly #releases = new Map<string, () => void>();

  constructor(context: Pick<ToolContext, 'awaitInstance'>) {
    this.#context = context;
  }

  /** From now on these are waited for, by id, and no others. */
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
