/** Ends that nobody asked for, within {@link WINDOW}; with one more it isn't started again. */
const INTENSITY = 5;

/** Milliseconds over which they are counted. */
const WINDOW = 60_000;

/**
 * How often a server may end by itself: as a supervisor's intensity and period.
 *
 * @see https://www.erlang.org/doc/system/sup_princ.html#maximum-restart-intensity
 */
export class RestartBudget {
  #ends: number[] = [];

  /** Counts one end at `now`, in milliseconds. False: that was one too many. */
  spend(now: number): boolean {
    this.#ends = [...this.#ends.filter((end) => now - end < WINDOW), now];
    return this.#ends.length <= INTENSITY;
  }
}
