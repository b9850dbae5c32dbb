/** How many messages may be under way, and how many may wait. */
export interface OutboxLimits {
  readonly underWay: number;
  readonly waiting: number;
}

/** Sends messages in order, a few at a time, with a bounded queue: a receiver that accepts none costs no more than that. */
export class Outbox {
  readonly #deliver: (frame: string) => Promise<void>;
  readonly #limits: OutboxLimits;
  readonly #waiting: string[] = [];
  #underWay = 0;
  #closed = false;

  /** `deliver` sends one message. Its promise is fulfilled when the receiver has taken the message, or can't. */
  constructor(deliver: (frame: string) => Promise<void>, limits: OutboxLimits) {
    this.#deliver = deliver;
    this.#limits = limits;
  }

  /** Sends or queues a message. Returns false if the queue is full and the message was dropped. */
  send(frame: string): boolean {
    if (this.#closed || this.#waiting.length >= this.#limits.waiting) return false;
    this.#waiting.push(frame);
    this.#next();
    return true;
  }

  /** Drops the queued messages. */
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
