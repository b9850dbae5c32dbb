/** Milliseconds that timers may take in one turn of the event loop. */
const SHARE = 10;

interface Timer {
  readonly run: () => void;
  readonly timeout: NodeJS.Timeout;
}

/**
 * The timers of a hub's charts. Node runs every timer that is due in one turn of the event loop; with ten thousand
 * instances that can be hundreds. This clock runs them for {@link SHARE} a turn, in the order in which they fell due.
 */
export class FairClock {
  readonly #waiting = new Set<Timer>();
  #turnEnds = 0;
  #nextTurn: NodeJS.Immediate | null = null;

  get now(): number {
    return Date.now();
  }

  setTimeout(run: () => void, delay: number): Timer {
    const timer: Timer = { run, timeout: setTimeout(() => this.#fallDue(timer), delay) };
    return timer;
  }

  clearTimeout(timer: Timer): void {
    clearTimeout(timer.timeout);
    this.#waiting.delete(timer);
  }

  #fallDue(timer: Timer): void {
    this.#waiting.add(timer);
    if (this.#nextTurn === null) this.#takeTurn();
    else this.#runSome();
  }

  #takeTurn(): void {
    this.#nextTurn = null;
    if (this.#waiting.size === 0) return;
    this.#nextTurn = setImmediate(() => this.#takeTurn());
    this.#turnEnds = performance.now() + SHARE;
    this.#runSome();
  }

  #runSome(): void {
    for (const timer of this.#waiting) {
      if (performance.now() >= this.#turnEnds) return;
      this.#waiting.delete(timer);
      timer.run();
    }
  }
}
