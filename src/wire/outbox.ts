/** How many messages may be under way, and how many may wait behind them. */
export interface OutboxLimits {
  readonly underWay: number;
  readonly waiting: number;
}

/** Sends messages in order, a few at a time, and holds a few: somebody who takes none costs no more than that. */
export class Outbox {
  readonly #deliver: (frame: string) => Promise<void>;
  readonly #limits: OutboxLimits;
  readonly #waiting: string[] = [];
  #underWay = 0;
  #closed = false;

  /** `deliver` sends one message; its promise is fulfilled when the other side has taken it, or can't. */
  constructor(deliver: (frame: string) => Promise<void>, limits: OutboxLimits) {
    this.#deliver = deliver;
    this.#limits = limits;
  }

  /** Sends a message, or has it wait. False: there was no room for it, and it is dropped. */
  send(frame: string): boolean {
    if (this.#closed || this.#waiting.length >= this.#limits.waiting) return false;
    this.#waiting.push(frame);
    this.#next();
    return true;
  }

  /** Drops what waits. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  #next(): void {
    while (this.#underWay < this.#limits.underWay) {
      const frame = this.#waiting.shift();
      if (frame === undefined) return;
      this.#underWay += 1;
      void this.#deliver(frame).then(() => {
        this.#underWay -= 1;
        this.#next();
      });
    }
  }
}
