import { BUDGETS } from '../budgets.ts';

/** Frames smaller than this, in characters, aren't counted. */
const COUNTED = 64 * 1024;

/** The open requests of one session: how many there are, and how much of them is yet to be written to instances. */
export class Backlog {
  #bytes = 0;
  #hold: Promise<void> | undefined;
  #release: () => void = () => {};
  #open = 0;
  #crowd: Promise<void> | undefined;
  #releaseCrowd: () => void = () => {};

  /** While too much is yet to be written: a promise that is fulfilled when the agent may be read again. */
  get hold(): Promise<void> | undefined {
    return this.#hold;
  }

  /** While too many requests are open: a promise that is fulfilled when the agent may send more. */
  get crowd(): Promise<void> | undefined {
    return this.#crowd;
  }

  /** Counts a new request (1), or one that is answered or cancelled (-1). */
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

  /** Counts a frame that is yet to be written. Returns a function to call once it is; calling it twice is harmless. */
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
