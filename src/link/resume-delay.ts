import { BUDGETS } from '../budgets.ts';
import type { ExchangeEnd } from '../wire/streamable-http.ts';

/** Milliseconds before a stream that was closed is opened again, unless the instance names another time. */
const DELAY = 1_000;

/**
 * How long to wait before a stream that came to this `end` is opened again, in milliseconds: after a break as soon as
 * allowed, otherwise when the instance says. `resumedAfter` is where the stream had begun, `fruitless` how often in a row it
 * was resumed without bringing a message: such a stream is asked for less and less often.
 */
export function resumeDelay(
  end: Extract<ExchangeEnd, { kind: 'ended' | 'failed' }>,
  resumedAfter: string | null,
  fruitless: number,
): number {
  const { lastEventId } = end;
  const wish = end.kind === 'ended' ? end.retry : null;
  const broke = end.kind === 'failed' && lastEventId !== null && lastEventId !== resumedAfter;
  const isStuck = lastEventId !== null && lastEventId === resumedAfter;
  const wanted = isStuck ? Math.max(wish ?? 0, DELAY) : (wish ?? (broke ? 0 : DELAY));
  const floor = BUDGETS.resumeFloor.value * 2 ** Math.min(fruitless, 10);
  return Math.max(wanted, Math.min(floor, BUDGETS.resumeCap.value));
}
