import { BUDGETS } from '../budgets.ts';

/** What a frame of an agent costs beside its text, in bytes. */
const OVERHEAD = 64;

/** Frames that are taken before room is made. */
const COMPACT = 1_000;

/**
 * Frames of an agent that have to wait: it doesn't read its answers, or has asked too much at once. A cancellation takes
 * the request that it is about out of the line.
 */
export class Inbox {
  readonly #frames: (string | null)[] = [];
  readonly #places = new Map<string, number>();
  /** How many frames have been taken and are not in `#frames` any more, and how many stand at its head. */
  #gone = 0;
  #next = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#next === this.#frames.length;
  }

  get isFull(): boolean {
    return this.#bytes > BUDGETS.requestsWaiting.value;
  }

  /** `rawId`: of a request. */
  add(frame: string, rawId: string | null): void {
    if (rawId !== null) this.#places.set(rawId, this.#gone + this.#frames.length);
    this.#frames.push(frame);
    this.#bytes += frame.length + OVERHEAD;
  }

  /** Leaves out the request `rawId`. False: it doesn't wait here. */
  cancel(rawId: string): boolean {
    const at = (this.#places.get(rawId) ?? -1) - this.#gone;
    this.#places.delete(rawId);
    const frame = at < this.#next ? null : this.#frames[at];
    if (frame === undefined || frame === null) return false;
    this.#frames[at] = null;
    this.#bytes -= frame.length;
    return true;
  }

  /** The frame that has waited longest, or null. */
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
