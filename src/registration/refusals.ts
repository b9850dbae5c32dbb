import type { Refusal, RefusedOrigin } from '../../machines/model.ts';
import { originKey } from '../origin.ts';

/** Maximum number of origins that are reported, and of reasons for each. The list of refusals holds all. */
const ORIGINS_TOLD = 500;
const REASONS_TOLD = 10;

/** Tracks what is refused now and what has been reported: each reason once per origin, so that no writer can fill a log. */
export class Refusals {
  readonly #refusals = new Map<string, Refusal>();
  readonly #told = new Map<string, Set<string>>();
  readonly #onRefused: (refusal: Refusal) => void;

  constructor(onRefused: (refusal: Refusal) => void) {
    this.#onRefused = onRefused;
  }

  refuse(refusal: Refusal): void {
    const key = originKey(refusal.origin);
    this.#refusals.set(key, refusal);
    const told = this.#told.get(key) ?? new Set();
    if (told.has(refusal.reason) || told.size >= REASONS_TOLD) return;
    if (told.size === 0 && this.#told.size >= ORIGINS_TOLD) return;
    this.#told.set(key, told.add(refusal.reason));
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
    this.#told.delete(key);
  }

  list(): readonly Refusal[] {
    return [...this.#refusals.values()];
  }
}
