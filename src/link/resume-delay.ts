import type { ExchangeEnd } from '../wire/streamable-http.ts';

/** Milliseconds before a stream that ended is opened again, unless the instance names another time. */
const DELAY = 1_000;

/**
 * How long to wait before a stream that came to this `end` is opened again, in milliseconds: what broke after naming an
 * event is resumed at once, what was closed when the instance says. `resumedAfter` is where it had begun: a stream that
 * brings nothing new is not asked for in a tight loop.
 */
export function resumeDelay(
  end: Extract<ExchangeEnd, { kind: 'ended' | 'failed' }>,
  resumedAfter: string | null,
): number {
  const { lastEventId } = end;
  const wish = end.kind === 'ended' ? end.retry : null;
  if (lastEventId !== null && lastEventId === resumedAfter) return Math.max(wish ?? 0, DELAY);
  return wish ?? (end.kind === 'failed' && lastEventId !== null ? 0 : DELAY);
}
