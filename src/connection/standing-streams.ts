/** Milliseconds for which no standing stream is opened once descriptors have run short. */
const REST = 30_000;

/** Streams that are given up at once. */
const AT_ONCE = 32;

export interface StandingStream {
  /** Whether the instance can do without: nothing but this stream shows that it still is who it was. */
  readonly isSpare: boolean;
  giveUp(): void;
}

/**
 * The standing streams of the hub's own connections. Each holds a socket all the time and the hub can do without: a ping
 * tells what it tells, only later. So they are given up first where file descriptors run short.
 */
export class StandingStreams {
  readonly #streams = new Set<StandingStream>();
  readonly #now: () => number;
  readonly #onShort: () => void;
  #restUntil = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds; `onShort` is told once for each time that descriptors run short. */
  constructor(now: () => number, onShort: () => void) {
    this.#now = now;
    this.#onShort = onShort;
  }

  /** Whether descriptors suffice for another one. */
  get mayOpen(): boolean {
    return this.#now() >= this.#restUntil;
  }

  add(stream: StandingStream): void {
    this.#streams.add(stream);
  }

  delete(stream: StandingStream): void {
    this.#streams.delete(stream);
  }

  /** A connection could not be made for want of a descriptor. */
  runShort(): void {
    const wasShort = !this.mayOpen;
    this.#restUntil = this.#now() + REST;
    if (!wasShort) this.#onShort();
    const spare = [...this.#streams].filter(({ isSpare }) => isSpare);
    for (const stream of spare.slice(0, AT_ONCE)) stream.giveUp();
  }
}
