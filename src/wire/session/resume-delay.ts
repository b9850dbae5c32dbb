import { BUDGETS } from '../../budgets.ts';
import type { ExchangeEnd } from '../channel.ts';

/** Milliseconds before a closed stream is opened again, unless the instance says otherwise. */
const DELAY = 1_000;

/**
 * Milliseconds to wait before a stream that ended with `end` is opened again: after a break as soon as the budget allows,
 * otherwise as long as the instance asks for. `resumedAfter` is the event after which the stream had begun. `fruitless` is
 * how often in a row it was resumed without bringing a message; the delay grows with it.
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
