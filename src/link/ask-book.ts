/** Somebody who asked the agent something and waits for its answer. */
export interface Asker {
  /** The agent's answer, with the id under which the asker asked. */
  answered(frame: string): void;
}

interface Ask {
  readonly asker: Asker;
  readonly rawId: string;
}

/**
 * The questions that are open at one agent, under ids that are unique in its session: every instance counts its own
 * from 0. Ids are JSON texts.
 */
export class AskBook {
  readonly #open = new Map<string, Ask>();
  #last = 0;

  /** Notes a question and returns the id under which the agent is to be asked. */
  add(asker: Asker, rawId: string): string {
    this.#last += 1;
    const id = String(this.#last);
    this.#open.set(id, { asker, rawId });
    return id;
  }

  /** Who asked under this id, once: a second answer finds nobody. */
  take(id: string): Ask | undefined {
    const ask = this.#open.get(id);
    this.#open.delete(id);
    return ask;
  }

  /** Forgets the question that `asker` asked as `rawId`; returns its id at the agent. */
  withdraw(asker: Asker, rawId: string): string | undefined {
    for (const [id, ask] of this.#open) {
      if (ask.asker === asker && ask.rawId === rawId) {
        this.#open.delete(id);
        return id;
      }
    }
    return undefined;
  }

  /** Forgets all questions of `asker`; returns their ids at the agent. */
  withdrawAll(asker: Asker): string[] {
    const ids = [...this.#open].filter(([, ask]) => ask.asker === asker).map(([id]) => id);
    for (const id of ids) this.#open.delete(id);
    return ids;
  }
}
