import { BUDGETS } from './budgets.ts';

interface Kind {
  /** Lines that may be written now. */
  credit: number;
  /** When that was reckoned, in milliseconds. */
  at: number;
  leftOut: number;
}

/** How often lines of one kind are written: a burst, then one per interval. */
export class LogLimit {
  readonly #kinds = new Map<string, Kind>();
  readonly #now: () => number;

  /** `now` is a clock in milliseconds that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many lines of this kind were left out before this one; null: it is to be left out, too. */
  take(name: string): number | null {
    const kind = this.#kindOf(name);
    if (kind.credit < 1) {
      kind.leftOut += 1;
      return null;
    }
    const { leftOut } = kind;
    kind.credit -= 1;
    kind.leftOut = 0;
    return leftOut;
  }

  /** How many lines of this kind were left out, and not told yet. */
  leftOut(name: string): number {
    return this.#kinds.get(name)?.leftOut ?? 0;
  }

  #kindOf(name: string): Kind {
    const now = this.#now();
    const burst = BUDGETS.logBurst.value;
    const kind = this.#kinds.get(name) ?? { credit: burst, at: now, leftOut: 0 };
    const earned = (now - kind.at) / BUDGETS.logInterval.value;
    kind.credit = Math.min(burst, kind.credit + earned);
    kind.at = now;
    // The map is in the order in which kinds were last heard of.
    this.#kinds.delete(name);
    this.#kinds.set(name, kind);
    const [oldest] = this.#kinds.keys();
    if (this.#kinds.size > BUDGETS.logKinds.value && oldest !== undefined) {
      this.#kinds.delete(oldest);
    }
    return kind;
  }
}
