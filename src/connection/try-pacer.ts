import { EAGER_FOR } from '../../machines/backoff.ts';
import { isAway, lastHeard } from '../../machines/instance-facts.ts';
import type { InstanceContext } from '../../machines/instance-setup.ts';

/** Interval, in milliseconds, at which every such port is tried while that fits; and the shortest there is. */
const COMMON = 500;
const SHORTEST = 100;

/** Tries per millisecond in one hub, at most. */
const MOST = 200 / 1_000;

/**
 * Shares the tries of ports that refuse connections among the instances that are wanted. Those that somebody waits for
 * come first where there are too many for all, and get more where there is room.
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
    const [many, others] = [this.#awaited.size, this.#recent.size];
    const forAwaited = intervalFor(many, Math.max(MOST - others / COMMON, many / COMMON));
    return isRecent ? intervalFor(others, MOST - many / forAwaited) : forAwaited;
  }

  forget(id: string): void {
    this.#awaited.delete(id);
    this.#recent.delete(id);
  }
}

/** The interval at which so many can be tried with `rate` tries per millisecond in all. */
function intervalFor(count: number, rate: number): number {
  return Math.max(SHORTEST, count / Math.min(MOST, Math.max(rate, MOST / 100)));
}

function mark(ids: Set<string>, id: string, isIn: boolean): void {
  if (isIn) ids.add(id);
  else ids.delete(id);
}
