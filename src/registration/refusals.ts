import type { Refusal } from '../../machines/model.ts';

/** Of so many files is it told that they are refused, and of each for so many reasons; the list holds all. */
const FILES_TOLD = 500;
const REASONS_TOLD = 10;

/** What is refused now, and what was told of it: each reason once per file, so that no writer can fill a log. */
export class Refusals {
  readonly #reasons = new Map<string, string>();
  readonly #told = new Map<string, Set<string>>();
  readonly #onRefused: (refusal: Refusal) => void;

  constructor(onRefused: (refusal: Refusal) => void) {
    this.#onRefused = onRefused;
  }

  refuse(file: string, reason: string): void {
    this.#reasons.set(file, reason);
    const told = this.#told.get(file) ?? new Set();
    if (told.has(reason) || told.size >= REASONS_TOLD) return;
    if (told.size === 0 && this.#told.size >= FILES_TOLD) return;
    this.#told.set(file, told.add(reason));
    this.#onRefused({ file, reason });
  }

  /** The file is fine now. A writer that writes in place comes by here often: what was told stays told. */
  accept(file: string): void {
    this.#reasons.delete(file);
  }

  /** The file is gone. */
  forget(file: string): void {
    this.#reasons.delete(file);
    this.#told.delete(file);
  }

  list(): readonly Refusal[] {
    return Array.from(this.#reasons, ([file, reason]) => ({ file, reason }));
  }
}
