/** Has sent the agent a request and waits for the answer. */
export interface Asker {
  /** Receives the agent's answer, with the asker's own id. */
  answered(frame: string): void;
}

interface Ask {
  readonly asker: Asker;
  readonly rawId: string;
}

/** The open requests of one asker, by both ids. */
interface Asked {
  readonly ids: Set<string>;
  readonly byRawId: Map<string, string>;
}

/**
 * The open requests from instances to one agent, under ids that are unique in its session, because every instance counts
 * from 0. Ids are JSON texts. Every operation takes constant time.
 */
export class ServerRequests {
  readonly #open = new Map<string, Ask>();
  readonly #askers = new Map<Asker, Asked>();
  #last = 0;

  /** Adds a request and returns its id towards the agent. */
  add(asker: Asker, rawId: string): string {
    this.#last += 1;
    const id = String(this.#last);
    this.#open.set(id, { asker, rawId });
    const asked = this.#askers.get(asker) ?? { ids: new Set(), byRawId: new Map() };
    this.#askers.set(asker, asked);
    asked.ids.add(id);
    asked.byRawId.set(rawId, id);
    return id;
  }

  /** How many requests of `asker` are open. */
  openOf(asker: Asker): number {
    return this.#askers.get(asker)?.ids.size ?? 0;
  }

  /** Removes and returns the request with this id; a second answer finds none. */
  take(id: string): Ask | undefined {
    const ask = this.#open.get(id);
    if (ask !== undefined) this.#forget(id, ask);
    return ask;
  }

  /** Removes the request that `asker` sent as `rawId`; returns its id towards the agent. */
  withdraw(asker: Asker, rawId: string): string | undefined {
    const id = this.#askers.get(asker)?.byRawId.get(rawId);
    if (id !== undefined) this.#forget(id, { asker, rawId });
    return id;
  }

  /** Removes all requests of `asker`; returns their ids towards the agent. */
  withdrawAll(asker: Asker): string[] {
    const ids = [...(this.#askers.get(asker)?.ids ?? [])];
    for (const id of ids) this.#open.delete(id);
    this.#askers.delete(asker);
    return ids;
  }

  #forget(id: string, { asker, rawId }: Ask): void {
    this.#open.delete(id);
    const asked = this.#askers.get(asker);
    if (asked === undefined) return;
    asked.ids.delete(id);
    // A later request may have reused the id.
    if (asked.byRawId.get(rawId) === id) asked.byRawId.delete(rawId);
    if (asked.ids.size === 0) this.#askers.delete(asker);
  }
}
