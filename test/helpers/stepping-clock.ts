interface Timer {
  readonly id: number;
  readonly at: number;
  readonly fn: (...args: unknown[]) => void;
}

/**
 * A clock that advances from timer to timer, so that timers set by timers fire too, in order.
 * XState's own `SimulatedClock` skips those.
 */
export class SteppingClock {
  now = 0;
  #timers: Timer[] = [];
  #lastId = 0;

  setTimeout(fn: (...args: unknown[]) => void, timeout: number): number {
    this.#lastId += 1;
    this.#timers.push({ id: this.#lastId, at: this.now + timeout, fn });
    return this.#lastId;
  }

  clearTimeout(id: number): void {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** When the next timer fires. */
  get next(): number {
    return Math.min(...this.#timers.map(({ at }) => at));
  }

  /** Advances by `duration` milliseconds. */
  advance(duration: number): void {
    const end = this.now + duration;
    while (this.step(end));
    this.now = end;
  }

  /** Advances to the next timer, unless that is after `end`. Returns whether there was one. */
  step(end = Infinity): boolean {
    const next = this.#timers
      .filter(({ at }) => at <= end)
      .sort((a, b) => a.at - b.at || a.id - b.id)[0];
    if (next === undefined) return false;
    this.clearTimeout(next.id);
    this.now = Math.max(this.now, next.at);
    next.fn();
    return true;
  }
}
