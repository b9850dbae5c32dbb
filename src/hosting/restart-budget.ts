/** How many unexpected exits within {@link WINDOW} lead to a restart. After one more, the server isn't restarted. */
const INTENSITY = 5;

/** Milliseconds over which exits are counted. */
const WINDOW = 60_000;

/**
 * Limits how often a server may exit unexpectedly, like a supervisor's intensity and period.
 *
 * @see https://www.erlang.org/doc/system/sup_princ.html#maximum-restart-intensity
 */
export class RestartBudget {
  #ends: number[] = [];

  /** Counts one exit at `now`, in milliseconds. False if the budget is exceeded. */
  spend(now: number): boolean {
    this.#ends = [...this.#ends.filter((end) => now - end < WINDOW), now];
    return this.#ends.length <= INTENSITY;
  }
}
