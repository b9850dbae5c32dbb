import type { Registration } from '../../machines/model.ts';

/** What comes of claims: who holds an id now, and who has to wait. */
export interface ClaimOutcomes {
  /** The holder of an id was read: for the first time, again, or because the one before it went. */
  onHeld(registration: Registration): void;
  /** The holder went, or has another id now. Before the next one, if any, is told. */
  onReleased(id: string): void;
  /** This file is next in line for an id that nobody holds. It is to be read: if it is still there, it holds the id. */
  onVacant(file: string): void;
  onWaiting(registration: Registration, holder: string): void;
}

interface Line {
  /** Null as long as it isn't known whether the next one is still there. */
  holder: Registration | null;
  readonly waiting: Map<string, Registration>;
  /** Files in order, the last one first: those that waited when the holder went. Some may have gone since. */
  queue: string[];
}

/**
 * Which file holds which id. The first that claims an id holds it until it goes; the others wait and the first of
 * them in `order` takes over, once it is sure that its file is still there: files are often removed together.
 */
export class Claims {
  readonly #lines = new Map<string, Line>();
  readonly #ids = new Map<string, string>();
  readonly #order: (fileA: string, fileB: string) => number;
  readonly #outcomes: ClaimOutcomes;

  constructor(order: (fileA: string, fileB: string) => number, outcomes: ClaimOutcomes) {
    this.#order = order;
    this.#outcomes = outcomes;
  }

  holds(file: string): boolean {
    return this.#lineOf(file)?.holder?.file === file;
  }

  /** The file says `registration` now. */
  claim(registration: Registration): void {
    const { id, file } = registration;
    if (this.#ids.get(file) !== id) this.withdraw(file);
    this.#ids.set(file, id);
    const line = this.#lines.get(id) ?? { holder: null, waiting: new Map(), queue: [] };
    const isNew = !this.#lines.has(id);
    this.#lines.set(id, line);
    if (isNew || line.holder?.file === file) {
      line.holder = registration;
      this.#outcomes.onHeld(registration);
      return;
    }
    if (!line.waiting.has(file)) line.queue = [];
    line.waiting.set(file, registration);
    if (line.holder === null) this.confirm(file);
    else this.#outcomes.onWaiting(registration, line.holder.file);
  }

  /** The file is still there, and says what it said. */
  confirm(file: string): void {
    const line = this.#lineOf(file);
    if (line === undefined || line.holder !== null) return;
    const next = this.#nextOf(line);
    if (next === null) return;
    if (next.file !== file) {
      this.#outcomes.onVacant(next.file);
      return;
    }
    line.waiting.delete(file);
    line.holder = next;
    line.queue = [];
    this.#outcomes.onHeld(next);
    for (const other of line.waiting.values()) this.#outcomes.onWaiting(other, file);
  }

  /** The file is gone, or claims nothing any more. */
  withdraw(file: string): void {
    const id = this.#ids.get(file);
    const line = this.#lineOf(file);
    if (id === undefined || line === undefined) return;
    this.#ids.delete(file);
    line.waiting.delete(file);
    const wasHolder = line.holder?.file === file;
    if (wasHolder) line.holder = null;
    if (line.holder === null && line.waiting.size === 0) this.#lines.delete(id);
    if (wasHolder) this.#outcomes.onReleased(id);
    if (line.holder !== null) return;
    const next = this.#nextOf(line);
    if (next !== null) this.#outcomes.onVacant(next.file);
  }

  #lineOf(file: string): Line | undefined {
    const id = this.#ids.get(file);
    return id === undefined ? undefined : this.#lines.get(id);
  }

  #nextOf(line: Line): Registration | null {
    const { waiting } = line;
    if (waiting.size === 0) return null;
    if (line.queue.length === 0) {
      line.queue = [...waiting.keys()].sort((a, b) => this.#order(b, a));
    }
    for (;;) {
      const next = waiting.get(line.queue.at(-1) ?? '');
      if (next !== undefined) return next;
      line.queue.pop();
    }
  }
}
