import { BUDGETS } from '../budgets.ts';

/** Memory that a frame takes in addition to its text, in bytes. */
const OVERHEAD = 64;

/** How many frames are taken before the array is shortened. */
const COMPACT = 1_000;

/**
 * A queue of frames from an agent that doesn't read its answers or has sent too many requests at once. A cancellation
 * removes its request from the queue.
 */
export class Inbox {
  readonly #frames: (string | null)[] = [];
  readonly #places = new Map<string, number>();
  /** How many taken frames have been removed from `#frames`, and how many are still at its start. */
  #gone = 0;
  #next = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#next === this.#frames.length;
  }

  get isFull(): boolean {
    return this.#bytes > BUDGETS.requestsWaiting.value;
  }

  /** `rawId` is the id of a request. */
  add(frame: string, rawId: string | null): void {
    if (rawId !== null) this.#places.set(rawId, this.#gone + this.#frames.length);
    this.#frames.push(frame);
    this.#bytes += frame.length + OVERHEAD;
  }

  /** Removes the request `rawId`. False if it isn't queued here. */
  cancel(rawId: string): boolean {
    const at = (this.#places.get(rawId) ?? -1) - this.#gone;
    this.#places.delete(rawId);
    const frame = at < this.#next ? null : this.#frames[at];
    if (frame === undefined || frame === null) return false;
    this.#frames[at] = null;
    this.#bytes -= frame.length;
    return true;
  }

  /** Takes the oldest frame, or null. */
  take(): string | null {
    while (!this.isEmpty) {
      const frame = this.#frames[this.#next] ?? null;
      this.#next += 1;
      this.#bytes -= OVERHEAD + (frame?.length ?? 0);
      if (this.isEmpty || this.#next >= COMPACT) this.#compact();
      if (frame !== null) return frame;
    }
    return null;
  }

  #compact(): void {
    this.#frames.splice(0, this.#next);
    this.#gone += this.#next;
    this.#next = 0;
    if (this.isEmpty) this.#places.clear();
  }
}
