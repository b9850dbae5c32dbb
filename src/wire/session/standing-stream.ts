import { setTimeout as pause } from 'node:timers/promises';
import { type ExchangeEnd, type ExchangeSink, streamEndOf } from '../channel.ts';
import { resumeDelay } from './resume-delay.ts';

/** What the owner of a session does about its standing stream. */
export interface StreamOwner {
  onOpen?(): void;
  /** A message from the instance. Returning a promise pauses the stream until it is fulfilled. */
  onFrame(text: string): Promise<void> | undefined;
  /** The first and last bytes of a message that isn't valid. */
  onMalformed?(head: string, tail: string): void;
  /** The stream ended, or the instance has none. */
  onEnd(end: ExchangeEnd): void;
  /**
   * Waits until the stream is to be opened again, and resolves with false if it isn't. `stoodFor` is how many milliseconds
   * ago it was opened. Default: {@link resumeDelay}.
   */
  untilReopened?(stoodFor: number): Promise<boolean>;
}

/**
 * What an instance sends on its own in one session. Where the instance offers such a stream it is kept open: it is opened
 * again after its end, and resumed after the last event that arrived.
 */
export class StandingStream {
  readonly #listen: (lastEventId: string | null, sink: ExchangeSink) => () => void;
  readonly #owner: StreamOwner;
  #state: 'none' | 'opening' | 'open' = 'none';
  /** How often in a row the stream was resumed without bringing a message. */
  #fruitless = 0;
  #abort: (() => void) | null = null;
  #stopped = false;

  constructor(
    listen: (lastEventId: string | null, sink: ExchangeSink) => () => void,
    owner: StreamOwner,
  ) {
    this.#listen = listen;
    this.#owner = owner;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether what the instance sent, or sends now, can still arrive. */
  get canDeliver(): boolean {
    return this.#state !== 'none';
  }

  start(): void {
    this.#open(null);
  }

  /** Ends the stream for good. */
  stop(): void {
    this.#stopped = true;
    this.#state = 'none';
    this.#abort?.();
  }

  #open(lastEventId: string | null): void {
    if (this.#stopped) return;
    const openedAt = performance.now();
    this.#state = 'opening';
    this.#abort = this.#listen(lastEventId, {
      onOpen: () => {
        this.#state = 'open';
        this.#owner.onOpen?.();
      },
      onFrame: (text) => {
        this.#fruitless = 0;
        return this.#owner.onFrame(text);
      },
      onMalformed: (head, tail) => this.#owner.onMalformed?.(head, tail),
      onOversize: () => {},
      onEnd: (end) => this.#ended(end, lastEventId, openedAt),
    });
  }

  #ended(end: ExchangeEnd, resumedAfter: string | null, openedAt: number): void {
    const ended = streamEndOf(end);
    // Without an event to resume after, whatever is sent until the stream is open again is lost.
    this.#state = (ended?.lastEventId ?? null) === null ? 'none' : 'opening';
    this.#owner.onEnd(end);
    if (ended === null || this.#stopped) return;
    const delay = resumeDelay(ended, resumedAfter, this.#fruitless);
    this.#fruitless += 1;
    const reopened =
      this.#owner.untilReopened?.(performance.now() - openedAt) ??
      pause(delay, true, { ref: false });
    void reopened.then((isWanted) => {
      if (isWanted) this.#open(ended.lastEventId);
    });
  }
}
