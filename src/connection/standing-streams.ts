/** Milliseconds without new standing streams after descriptors ran short. */
const REST = 30_000;

/** How many streams are given up at a time. */
const AT_ONCE = 32;

export interface StandingStream {
  /** Whether the stream can be given up. It can't if only the stream shows that the instance is still the same process. */
  readonly isSpare: boolean;
  giveUp(): void;
}

/**
 * The standing streams of the hub's own connections. Each holds a socket all the time, and a ping shows the same, only later.
 * So they are given up first when file descriptors run short.
 */
export class StandingStreams {
  readonly #streams = new Set<StandingStream>();
  readonly #now: () => number;
  readonly #onShort: () => void;
  #restUntil = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds; `onShort` is called once each time that descriptors run short. */
  constructor(now: () => number, onShort: () => void) {
    this.#now = now;
    this.#onShort = onShort;
  }

  /** Whether there are enough descriptors for another stream. */
  get mayOpen(): boolean {
    return this.#now() >= this.#restUntil;
  }

  add(stream: StandingStream): void {
    this.#streams.add(stream);
  }

  delete(stream: StandingStream): void {
    this.#streams.delete(stream);
  }

  /** A connection failed because there was no descriptor for it. */
  runShort(): void {
    const wasShort = !this.mayOpen;
    this.#restUntil = this.#now() + REST;
    if (!wasShort) this.#onShort();
    const spare = [...this.#streams].filter(({ isSpare }) => isSpare);
    for (const stream of spare.slice(0, AT_ONCE)) stream.giveUp();
  }
}
