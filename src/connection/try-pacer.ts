import { EAGER_FOR } from '../../machines/backoff.ts';
import { isAway, lastHeard } from '../../machines/instance-facts.ts';
import type { InstanceContext } from '../../machines/instance-setup.ts';

/** Shortest interval, in milliseconds, at which a port that refuses connections is tried. */
const SHORTEST = 100;

/** Tries per millisecond in one hub, at most. */
const MOST = 200 / 1_000;

/**
 * Shares the tries of ports that refuse connections among the instances that are wanted: those that somebody waits for
 * get their share first.
 */
export class TryPacer {
  readonly #awaited = new Set<string>();
  readonly #recent = new Set<string>();

  /** Notes how much the instance is wanted, and returns the milliseconds between two tries of its port. */
  intervalOf(context: InstanceContext): number {
    const { registration, world } = context;
    const away = isAway(context);
    const awaited = away && world.waiting > 0;
    mark(this.#awaited, registration.id, awaited);
    const isRecent = away && !awaited && world.now - lastHeard(context) < EAGER_FOR;
    mark(this.#recent, registration.id, isRecent);
    const interval = Math.max(SHORTEST, this.#awaited.size / MOST);
    if (!isRecent) return interval;
    const spare = MOST - this.#awaited.size / interval;
    return Math.max(SHORTEST, this.#recent.size / Math.max(spare, MOST / 100));
  }

  forget(id: string): void {
    this.#awaited.delete(id);
    this.#recent.delete(id);
  }
}

function mark(ids: Set<string>, id: string, isIn: boolean): void {
  if (isIn) ids.add(id);
  else ids.delete(id);
}
