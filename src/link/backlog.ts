import { BUDGETS } from '../budgets.ts';

/** Frames under this size, in bytes, aren't worth counting. */
const COUNTED = 64 * 1024;

/** What one session has asked, and what of it instances haven't taken yet. */
export class Backlog {
  #bytes = 0;
  #hold: Promise<void> | undefined;
  #release: () => void = () => {};
  #open = 0;
  #crowd: Promise<void> | undefined;
  #releaseCrowd: () => void = () => {};

  /** A promise says: no more from the agent until it is fulfilled. */
  get hold(): Promise<void> | undefined {
    return this.#hold;
  }

  /** A promise says: too many requests are not answered yet; no more of them until it is fulfilled. */
  get crowd(): Promise<void> | undefined {
    return this.#crowd;
  }

  /** A request was taken (1), or is answered or not wanted any more (-1). */
  count(change: 1 | -1): void {
    this.#open += change;
    if (this.#open < BUDGETS.requestsUnderWay.value) {
      this.#crowd = undefined;
      this.#releaseCrowd();
    } else {
      this.#crowd ??= new Promise((resolve) => {
        this.#releaseCrowd = resolve;
      });
    }
  }

  /** Counts a frame that waits. Returns the function that says it doesn't any more; calling that twice does no harm. */
  add({ length }: string): () => void {
    if (length < COUNTED) return () => {};
    this.#bytes += length;
    if (this.#bytes > BUDGETS.untakenBytes.value) {
      this.#hold ??= new Promise((resolve) => {
        this.#release = resolve;
      });
    }
    let waits = true;
    return () => {
      if (!waits) return;
      waits = false;
      this.#bytes -= length;
      if (this.#bytes <= BUDGETS.untakenBytes.value / 2) {
        this.#hold = undefined;
        this.#release();
      }
    };
  }
}
