import type { Refusal, RefusedOrigin } from '../../machines/model.ts';
import { originKey } from '../origin.ts';

/** Maximum number of origins that are reported, and of reasons for each. The list of refusals holds all. */
const MAX_ORIGINS = 500;
const MAX_REASONS = 10;

/** Tracks what is refused now and what has been reported: each reason once per origin, so that no writer can fill a log. */
export class Refusals {
  readonly #refusals = new Map<string, Refusal>();
  readonly #reported = new Map<string, Set<string>>();
  readonly #onRefused: (refusal: Refusal) => void;

  constructor(onRefused: (refusal: Refusal) => void) {
    this.#onRefused = onRefused;
  }

  refuse(refusal: Refusal): void {
    const key = originKey(refusal.origin);
    this.#refusals.set(key, refusal);
    const reported = this.#reported.get(key) ?? new Set();
    if (reported.has(refusal.reason) || reported.size >= MAX_REASONS) return;
    if (reported.size === 0 && this.#reported.size >= MAX_ORIGINS) return;
    this.#reported.set(key, reported.add(refusal.reason));
    this.#onRefused(refusal);
  }

  /**
   * The origin is valid now. Reported reasons are kept, because files that are written in place switch between valid and
   * invalid.
   */
  accept(origin: RefusedOrigin): void {
    this.#refusals.delete(originKey(origin));
  }

  /** The origin is gone. */
  forget(origin: RefusedOrigin): void {
    const key = originKey(origin);
    this.#refusals.delete(key);
    this.#reported.delete(key);
  }

  list(): readonly Refusal[] {
    return [...this.#refusals.values()];
  }
}
