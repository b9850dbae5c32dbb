import type { Traffic } from './link-options.ts';

/** Rewrites the instance's answer before the agent gets it; stands for it (null) when the instance is away. */
export type Transform = (frame: string | null) => string;

/** One request of the agent on its way. Ids are JSON texts. */
export class Call {
  readonly rawId: string;
  readonly method: string;
  readonly frame: string;
  readonly transform: Transform | null;
  readonly onWritten: () => void;
  /** It is on the wire: whether the instance has taken it can't be known any more. */
  sent = false;
  /** A request answered 404 for its session was never processed, and is sent once more; not twice. */
  resent = false;
  /** Its stream was cut after naming an event: the instance has taken it. */
  resumed = false;
  /** The instance took it without a word: its answer can come on the standing stream, and nowhere else. */
  accepted = false;
  /** An answer was given, or none is wanted any more. */
  over = false;
  /** Under which its progress is told, as JSON text, or null. */
  progressToken: string | null = null;
  /** When its last progress went to the agent, by `performance.now()`. */
  progressedAt = Number.NEGATIVE_INFINITY;
  #traffic: Traffic | null = null;
  #abort: (() => void) | null = null;
  #waiting: { readonly timer: NodeJS.Timeout; release(): void } | null = null;
  #freeSlot: (() => void) | null = null;

  /** `onWritten` is called once the instance has taken all of it, or need not any more. */
  constructor(
    rawId: string,
    method: string,
    frame: string,
    transform: Transform | null,
    onWritten: () => void,
  ) {
    this.rawId = rawId;
    this.method = method;
    this.frame = frame;
    this.transform = transform;
    this.onWritten = onWritten;
  }

  /** Whether an exchange carries it. */
  get isUnderWay(): boolean {
    return this.#traffic !== null;
  }

  /** Nobody has taken it: it can be sent as if for the first time. */
  reset(): void {
    this.#leave();
    this.drop();
    this.sent = false;
  }

  /** Waits to be carried, `wait` milliseconds at most. `release` is called when it doesn't any more. */
  queue(wait: number, onExpired: () => void, release: () => void): void {
    this.#waiting = { timer: setTimeout(onExpired, wait), release };
  }

  /** Whether it waits to be carried. */
  get isQueued(): boolean {
    return this.#waiting !== null;
  }

  /** Waits on, for another instance: until it would have, and `release` is called in place of the one before. */
  requeue(release: () => void): void {
    if (this.#waiting === null) return;
    const { timer, release: last } = this.#waiting;
    this.#waiting = { timer, release };
    last();
  }

  /** Its turn has come, or will without a limit of time: the timer of {@link queue} is off. */
  stopWaiting(): void {
    clearTimeout(this.#waiting?.timer);
    this.#waiting?.release();
    this.#waiting = null;
  }

  /** Holds a slot among the calls that are carried, until {@link freeSlot}. */
  holdSlot(free: () => void): void {
    this.#freeSlot = free;
  }

  /** No exchange carries it any more. */
  freeSlot(): void {
    const free = this.#freeSlot;
    this.#freeSlot = null;
    free?.();
  }

  /** Counts as in flight from now on; `carry` starts the exchange and returns its abort. */
  start(traffic: Traffic, carry: () => () => void): void {
    this.stopWaiting();
    this.#traffic = traffic;
    traffic.callsInFlight += 1;
    this.carriedBy(carry());
  }

  /** `abort` ends the exchange that carries the call now. */
  carriedBy(abort: () => void): void {
    this.#abort = abort;
  }

  /** Timers and counts are given back; the exchange goes on until {@link drop}. */
  finish(): void {
    this.over = true;
    this.onWritten();
    this.#leave();
    this.stopWaiting();
  }

  /** Ends the exchange, if there is one. */
  drop(): void {
    this.#abort?.();
    this.#abort = null;
    this.freeSlot();
  }

  #leave(): void {
    if (this.#traffic !== null) this.#traffic.callsInFlight -= 1;
    this.#traffic = null;
  }
}
