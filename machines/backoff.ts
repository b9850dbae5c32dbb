import type { InstancePolicy, Transition } from './model.ts';

/** Longest delay a timer takes: Node fires a longer one at once. Milliseconds. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Milliseconds an instance must stay active before its retry count is reset. If this were longer, a server that is restarted
 * often would accumulate retries until it is dead.
 */
export const STABLE_AFTER = 5_000;

/** Milliseconds after its last activity for which a port that refuses connections is tried often. */
export const EAGER_FOR = 30_000;

/** Minimum time, in milliseconds, that an instance whose process has ended waits for its file or a successor. */
export const GONE_GRACE = 30_000;

/** Minimum milliseconds between two attempts at an instance that answers 401 or 403. */
export const UNAUTHORIZED_DELAY = 5_000;

/** Maximum milliseconds until a retry after the hub ran out of file descriptors. The minimum is half of it. */
export const DESCRIPTOR_DELAY = 2_000;

/** Transitions that an instance remembers. */
export const HISTORY_LENGTH = 20;

/** How many crashes of one instance actor within {@link CRASH_WINDOW} lead to a restart. After one more it stays down. */
export const CRASH_BUDGET = 3;

/** Milliseconds over which crashes are counted. */
export const CRASH_WINDOW = 5_000;

/** Milliseconds that links and connections may take to close when the hub stops. */
export const CLOSE_DEADLINE = 1_000;

/**
 * Delay before retry number `retry` (counted from 1), in milliseconds: exponential with full jitter,
 * `random · min(cap, base · 2^(retry-1))`.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffDelay(
  retry: number,
  random: number,
  { retryBase, retryCap }: Pick<InstancePolicy, 'retryBase' | 'retryCap'>,
): number {
  return Math.floor(random * Math.min(retryCap, retryBase * 2 ** (retry - 1)));
}

/** Beats into which a ping interval is divided. */
const BEATS = 20;

/**
 * Milliseconds from `now` to the ping that is due at `due`, moved to the nearest beat of the clock: the pings of many
 * instances stay spread over the interval, and those that share a beat share one wake-up.
 */
export function untilBeat(due: number, now: number, pingInterval: number): number {
  const beat = pingInterval / BEATS;
  return Math.max(1, Math.ceil(Math.round(due / beat) * beat - now));
}

/** Whether an instance was silent for `pingInterval`, give or take half a beat. */
export function isQuiet(lastHeard: number, now: number, pingInterval: number): boolean {
  return now - lastHeard >= pingInterval * (1 - 0.5 / BEATS);
}

/** The history with one more transition, the oldest dropped beyond {@link HISTORY_LENGTH}. */
export function remember(history: readonly Transition[], next: Transition): Transition[] {
  return [...history, next].slice(-HISTORY_LENGTH);
}
