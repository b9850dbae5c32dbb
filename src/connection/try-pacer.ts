import { EAGER_FOR } from '../../machines/backoff.ts';
import { isAway, lastHeard } from '../../machines/instance-facts.ts';
import type { InstanceContext } from '../../machines/instance-setup.ts';

/** The usual interval between two tries of a port, and the shortest, in milliseconds. */
const COMMON = 500;
const SHORTEST = 100;

/** The most tries per millisecond in one hub. */
const MOST = 200 / 1_000;

/**
 * Divides the tries of ports that refuse connections among the instances that are in use. Instances for which a call waits
 * come first if there are too many, and are tried more often if there are few.
 */
export class TryPacer {
  readonly #awaited = new Set<string>();
  readonly #recent = new Set<string>();

  /** Notes whether the instance is in use, and returns the milliseconds between two tries of its port. */
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

/** The interval at which `count` ports can be tried with `rate` tries per millisecond in total. */
function intervalFor(count: number, rate: number): number {
  return Math.max(SHORTEST, count / Math.min(MOST, Math.max(rate, MOST / 100)));
}

function mark(ids: Set<string>, id: string, isIn: boolean): void {
  if (isIn) ids.add(id);
  else ids.delete(id);
}
