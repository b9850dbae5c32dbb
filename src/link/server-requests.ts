/** Somebody who asked the agent something and waits for its answer. */
export interface Asker {
  /** The agent's answer, with the id under which the asker asked. */
  answered(frame: string): void;
}

interface Ask {
  readonly asker: Asker;
  readonly rawId: string;
}

/** The open questions of one asker, in both directions. */
interface Asked {
  readonly ids: Set<string>;
  readonly byRawId: Map<string, string>;
}

/**
 * The questions that are open at one agent, under ids that are unique in its session: every instance counts its own
 * from 0. Ids are JSON texts. Nothing here takes longer the more questions are open.
 */
export class ServerRequests {
  readonly #open = new Map<string, Ask>();
  readonly #askers = new Map<Asker, Asked>();
  #last = 0;

  /** Notes a question and returns the id under which the agent is to be asked. */
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

  /** How many questions of `asker` are open. */
  openOf(asker: Asker): number {
    return this.#askers.get(asker)?.ids.size ?? 0;
  }

  /** Who asked under this id, once: a second answer finds nobody. */
  take(id: string): Ask | undefined {
    const ask = this.#open.get(id);
    if (ask !== undefined) this.#forget(id, ask);
    return ask;
  }

  /** Forgets the question that `asker` asked as `rawId`; returns its id at the agent. */
  withdraw(asker: Asker, rawId: string): string | undefined {
    const id = this.#askers.get(asker)?.byRawId.get(rawId);
    if (id !== undefined) this.#forget(id, { asker, rawId });
    return id;
  }

  /** Forgets all questions of `asker`; returns their ids at the agent. */
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
    // The same id may have been used for a later question.
    if (asked.byRawId.get(rawId) === id) asked.byRawId.delete(rawId);
    if (asked.ids.size === 0) this.#askers.delete(asker);
  }
}
