import { BUDGETS } from './budgets.ts';

interface Kind {
  /** Lines that may be written now. */
  credit: number;
  /** When `credit` was last updated, in milliseconds. */
  at: number;
  omitted: number;
}

/** Limits how often lines of one kind are written: a burst, then one per interval. */
export class LogLimit {
  readonly #kinds = new Map<string, Kind>();
  readonly #now: () => number;

  /** `now` is a clock in milliseconds that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Returns how many lines of this kind were omitted before this one, or null if this one must be omitted too. */
  take(name: string): number | null {
    const kind = this.#kindOf(name);
    if (kind.credit < 1) {
      kind.omitted += 1;
      return null;
    }
    const { omitted } = kind;
    kind.credit -= 1;
    kind.omitted = 0;
    return omitted;
  }

  /** How many lines of this kind were omitted and not reported yet. */
  omitted(name: string): number {
    return this.#kinds.get(name)?.omitted ?? 0;
  }

  #kindOf(name: string): Kind {
    const now = this.#now();
    const burst = BUDGETS.logBurst.value;
    const kind = this.#kinds.get(name) ?? { credit: burst, at: now, omitted: 0 };
    const earned = (now - kind.at) / BUDGETS.logInterval.value;
    kind.credit = Math.min(burst, kind.credit + earned);
    kind.at = now;
    // Keep the map ordered by last use.
    this.#kinds.delete(name);
    this.#kinds.set(name, kind);
    const [oldest] = this.#kinds.keys();
    if (this.#kinds.size > BUDGETS.logKinds.value && oldest !== undefined) {
      this.#kinds.delete(oldest);
    }
    return kind;
  }
}
