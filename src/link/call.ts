import { type CallEvent, type CallPhase, isOnWire, nextPhase } from './call-phase.ts';
import type { Traffic } from './link-options.ts';

/** Rewrites the instance's answer before the agent gets it; called with null, it answers without the instance. */
export type Transform = (frame: string | null) => string;

const nothing = () => {};

/** One request of the agent on its way to an instance and back. Ids are JSON texts. */
export class Call {
  readonly rawId: string;
  readonly method: string;
  readonly frame: string;
  readonly transform: Transform | null;
  readonly onWritten: () => void;
  /** The token under which its progress is reported, as JSON text, or null. */
  progressToken: string | null = null;
  /** When its last progress went to the agent, by `performance.now()`. */
  progressedAt = Number.NEGATIVE_INFINITY;
  #phase: CallPhase = 'ready';
  #timesSent = 0;
  #expiry: NodeJS.Timeout | undefined;
  /** Takes it off the count that its phase belongs to: of waiting calls, or of calls in flight. */
  #uncount = nothing;
  #abort = nothing;
  #freeSlot = nothing;

  /** `onWritten` is called once the whole request is written, or need not be any more. */
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

  get phase(): CallPhase {
    return this.#phase;
  }

  /** Whether it waits for the link to open. */
  get isQueued(): boolean {
    return this.#phase === 'queued';
  }

  /** Whether an exchange carries it. */
  get isUnderWay(): boolean {
    return this.#phase === 'posted' || isOnWire(this.#phase);
  }

  /** Whether it is on the wire, and the instance may have taken it. */
  get sent(): boolean {
    return isOnWire(this.#phase);
  }

  /** Whether it was sent more than once: it is returned after a 404 for its session, but not twice. */
  get wasResent(): boolean {
    return this.#timesSent > 1;
  }

  /** Whether it is answered, or no answer is wanted any more. */
  get over(): boolean {
    return this.#phase === 'done';
  }

  /** Waits for the link, `wait` milliseconds at most. `release` is called once it no longer waits. */
  queue(wait: number, onExpired: () => void, release: () => void): void {
    if (!this.#moved('queued')) {
      release();
      return;
    }
    this.#expiry = setTimeout(onExpired, wait);
    this.#uncount = release;
  }

  /** Waits on for another instance, until the same time. `release` takes the place of the one given before. */
  requeue(release: () => void): void {
    if (!this.isQueued) {
      release();
      return;
    }
    const last = this.#uncount;
    this.#uncount = release;
    last();
  }

  /** Ends {@link queue}: from now on it waits for a slot, without a time limit. */
  dequeue(): void {
    if (this.#moved('dequeued')) this.#leave();
  }

  /** Holds a slot among the calls that are carried, until {@link freeSlot}. */
  holdSlot(free: () => void): void {
    this.#freeSlot = free;
  }

  /** No exchange carries it any more. */
  freeSlot(): void {
    const free = this.#freeSlot;
    this.#freeSlot = nothing;
    free();
  }

  /** Counts as in flight from now on. `carry` starts the exchange and returns its abort. */
  start(traffic: Traffic, carry: () => () => void): void {
    if (!this.#moved('posted')) return;
    this.#leave();
    traffic.callsInFlight += 1;
    this.#uncount = () => {
      traffic.callsInFlight -= 1;
    };
    this.carriedBy(carry());
  }

  /** `abort` ends the exchange that carries the call now. */
  carriedBy(abort: () => void): void {
    this.#abort = abort;
  }

  /** Notes what its exchange has learned. */
  note(event: 'sent' | 'resumed' | 'accepted'): void {
    if (this.#moved(event) && event === 'sent') this.#timesSent += 1;
  }

  /** The instance has not taken it. Ends the exchange; the call can be sent as if for the first time. */
  takeBack(): void {
    if (!this.#moved('returned')) return;
    this.#leave();
    this.drop();
  }

  /** It is answered, or no answer is wanted. The exchange goes on until {@link drop}. */
  finish(): void {
    if (!this.#moved('finished')) return;
    this.onWritten();
    this.#leave();
  }

  /** Ends the exchange, if there is one. */
  drop(): void {
    const abort = this.#abort;
    this.#abort = nothing;
    abort();
    this.freeSlot();
  }

  /** Whether the event means something in this phase; the call is then in the next one. */
  #moved(event: CallEvent): boolean {
    const next = nextPhase(this.#phase, event);
    if (next === null) return false;
    this.#phase = next;
    return true;
  }

  /** Gives up what the last phase held: its timer and its count. */
  #leave(): void {
    clearTimeout(this.#expiry);
    this.#expiry = undefined;
    const uncount = this.#uncount;
    this.#uncount = nothing;
    uncount();
  }
}
