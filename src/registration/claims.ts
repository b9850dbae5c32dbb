import type { Origin, Registration } from '../../machines/model.ts';
import { originKey } from '../origin.ts';
import { PriorityQueue } from './priority-queue.ts';

/** A registration that claims its id. */
export interface Claim {
  readonly registration: Registration;
  /** Rank of its source: of two claims of an id, the lower rank holds it. */
  readonly rank: number;
}

/** Reports of changed holders of ids. */
export interface ClaimOutcomes {
  /** The holder of an id was found: for the first time, again, or because the previous holder has gone. */
  onHeld(registration: Registration): void;
  /**
   * The holder has gone, has another id now, or was replaced by a source of lower rank. Reported before the next holder, if
   * any.
   */
  onReleased(id: string): void;
  /** This claim is next for an id without a holder. The source must check it: if it still exists, it becomes the holder. */
  onVacant(claim: Claim): void;
  onWaiting(registration: Registration, holder: Origin): void;
}

interface Claimant extends Claim {
  registration: Registration;
}

interface Line {
  /** Null until it is known whether the next claim still exists. */
  holder: Claimant | null;
  /** Null until an id has a second claimant. */
  waiting: PriorityQueue<Claimant> | null;
}

/**
 * Decides which registration holds which id. The first to claim an id holds it until it is withdrawn; the others wait. Then
 * the first of them in `order` takes over, once it is confirmed to exist: files are often removed together. A claim of a
 * lower rank replaces the holder at once. Claiming and withdrawing cost O(log n) in the number of claims waiting for the id;
 * a new holder costs one `onWaiting` for each of them.
 */
export class Claims {
  readonly #lines = new Map<string, Line>();
  /** By the key of their origin. */
  readonly #claimants = new Map<string, Claimant>();
  readonly #order: (a: Claim, b: Claim) => number;
  readonly #outcomes: ClaimOutcomes;

  /** `order` compares claims of the same rank. */
  constructor(order: (a: Claim, b: Claim) => number, outcomes: ClaimOutcomes) {
    this.#order = (a, b) => a.rank - b.rank || order(a, b);
    this.#outcomes = outcomes;
  }

  holds(origin: Origin): boolean {
    const claimant = this.#claimants.get(originKey(origin));
    return claimant !== undefined && this.#lineOf(claimant)?.holder === claimant;
  }

  /** Claims the id of `registration` for its origin. */
  claim({ registration, rank }: Claim): void {
    const { id } = registration;
    const claimant = this.#claimantFor(registration, rank);
    const line = this.#lines.get(id) ?? { holder: null, waiting: null };
    const isNew = !this.#lines.has(id);
    this.#lines.set(id, line);
    if (isNew) line.holder = claimant;
    if (line.holder === claimant) {
      this.#outcomes.onHeld(registration);
      return;
    }
    line.waiting ??= new PriorityQueue(this.#order);
    line.waiting.add(claimant);
    if (line.holder !== null && line.holder.rank <= rank) {
      this.#outcomes.onWaiting(registration, line.holder.registration.origin);
      return;
    }
    if (line.holder !== null) {
      line.waiting.add(line.holder);
      line.holder = null;
      this.#outcomes.onReleased(id);
    }
    this.#fill(line, claimant);
  }

  /** Withdraws the claim of an origin. */
  withdraw(origin: Origin): void {
    const key = originKey(origin);
    const claimant = this.#claimants.get(key);
    const line = claimant && this.#lineOf(claimant);
    if (claimant === undefined || line === undefined) return;
    const { id } = claimant.registration;
    this.#claimants.delete(key);
    line.waiting?.delete(claimant);
    const wasHolder = line.holder === claimant;
    if (wasHolder) line.holder = null;
    const isOver = line.holder === null && !line.waiting?.size;
    if (isOver) this.#lines.delete(id);
    if (wasHolder) this.#outcomes.onReleased(id);
    if (!isOver && line.holder === null) this.#fill(line);
  }

  /** The origin's previous claim, if that was for the same id. */
  #claimantFor(registration: Registration, rank: number): Claimant {
    const key = originKey(registration.origin);
    const last = this.#claimants.get(key);
    if (last?.registration.id === registration.id) {
      last.registration = registration;
      return last;
    }
    this.withdraw(registration.origin);
    const claimant = { registration, rank };
    this.#claimants.set(key, claimant);
    return claimant;
  }

  /** Makes the next claim the holder if it was just `found`; otherwise requests a check. */
  #fill(line: Line, found?: Claimant): void {
    const next = line.waiting?.first();
    if (line.waiting === null || next === undefined) return;
    if (next !== found) {
      this.#outcomes.onVacant(next);
      return;
    }
    line.waiting.delete(next);
    line.holder = next;
    this.#outcomes.onHeld(next.registration);
    const { origin } = next.registration;
    for (const other of line.waiting) this.#outcomes.onWaiting(other.registration, origin);
  }

  #lineOf({ registration: { id } }: Claimant): Line | undefined {
    return this.#lines.get(id);
  }
}
