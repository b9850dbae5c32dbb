import type { Registration } from '../../machines/model.ts';

/** What comes of claims: who holds an id now, and who has to wait. */
export interface ClaimOutcomes {
  /** The holder of an id was read: for the first time, again, or because the one before it went. */
  onHeld(registration: Registration): void;
  /** The holder went, or has another id now. Before the next one, if any, is told. */
  onReleased(id: string): void;
  onWaiting(registration: Registration, holder: string): void;
}

/**
 * Which file holds which id. The first that claims an id holds it until it goes; the others wait and the first of
 * them in `order` takes over.
 */
export class Claims {
  /** By id: the holder, then those who wait. */
  readonly #claims = new Map<string, Registration[]>();
  readonly #ids = new Map<string, string>();
  readonly #order: (fileA: string, fileB: string) => number;
  readonly #outcomes: ClaimOutcomes;

  constructor(order: (fileA: string, fileB: string) => number, outcomes: ClaimOutcomes) {
    this.#order = order;
    this.#outcomes = outcomes;
  }

  holds(file: string): boolean {
    const id = this.#ids.get(file);
    return id !== undefined && this.#claims.get(id)?.[0]?.file === file;
  }

  /** The file says `registration` now. */
  claim(registration: Registration): void {
    const { id, file } = registration;
    if (this.#ids.get(file) !== id) this.withdraw(file);
    this.#ids.set(file, id);
    const claims = this.#claims.get(id) ?? [];
    this.#claims.set(id, claims);
    const known = claims.findIndex((claim) => claim.file === file);
    claims[known === -1 ? claims.length : known] = registration;
    const [holder] = claims;
    if (holder === undefined || holder === registration) this.#outcomes.onHeld(registration);
    else this.#outcomes.onWaiting(registration, holder.file);
  }

  /** The file is gone, or claims nothing any more. */
  withdraw(file: string): void {
    const id = this.#ids.get(file);
    if (id === undefined) return;
    const wasHolder = this.holds(file);
    const [next, ...others] = (this.#claims.get(id) ?? [])
      .filter((claim) => claim.file !== file)
      .sort((a, b) => (wasHolder ? this.#order(a.file, b.file) : 0));
    this.#ids.delete(file);
    if (next === undefined) this.#claims.delete(id);
    else this.#claims.set(id, [next, ...others]);
    if (!wasHolder) return;
    this.#outcomes.onReleased(id);
    if (next === undefined) return;
    this.#outcomes.onHeld(next);
    for (const other of others) this.#outcomes.onWaiting(other, next.file);
  }
}
