/** Milliseconds for which an instance whose registration was removed can still get a successor. */
const REMEMBERED = 5 * 60_000;

interface Removed {
  readonly project: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The instances whose registrations were removed recently, by project. No method scans all of them. */
export class RemovedInstances {
  readonly #now: () => number;
  /** By id, in order of removal. */
  readonly #removed = new Map<string, Removed>();
  readonly #ids = new Map<string, Set<string>>();

  /** `now` in milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(id: string, project: string): void {
    this.delete(id);
    this.#expire();
    this.#removed.set(id, { project, at: this.#now() });
    this.#ids.set(project, (this.#ids.get(project) ?? new Set()).add(id));
  }

  /** Removes and returns the instances of a project, in order of removal. */
  take(project: string): string[] {
    const ids = [...(this.#ids.get(project) ?? [])].filter((id) => !this.#isOver(id));
    for (const id of this.#ids.get(project) ?? []) this.delete(id);
    return ids;
  }

  delete(id: string): void {
    const removed = this.#removed.get(id);
    if (removed === undefined) return;
    this.#removed.delete(id);
    const ids = this.#ids.get(removed.project);
    ids?.delete(id);
    if (ids?.size === 0) this.#ids.delete(removed.project);
  }

  #expire(): void {
    for (const id of this.#removed.keys()) {
      if (!this.#isOver(id)) return;
      this.delete(id);
    }
  }

  #isOver(id: string): boolean {
    const removed = this.#removed.get(id);
    return removed === undefined || this.#now() - removed.at > REMEMBERED;
  }
}
