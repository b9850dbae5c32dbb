import { expect, it } from '@jest/globals';
import { resumeDelay } from '../../../src/wire/session/resume-delay.ts';

const broke = (lastEventId: string | null) => ({
  kind: 'failed' as const,
  failure: { code: 'CONNECTION_LOST' as const, message: 'broke' },
  lastEventId,
});
const ended = (lastEventId: string | null, retry: number | null = null) => ({
  kind: 'ended' as const,
  lastEventId,
  retry,
});

it.each<
  [string, ReturnType<typeof broke> | ReturnType<typeof ended>, string | null, number, number]
>([
  ['broke after a new event', broke('2'), '1', 0, 100],
  ['broke before any event', broke(null), null, 0, 1_000],
  ['broke where it was resumed', broke('1'), '1', 0, 1_000],
  ['ended', ended('2'), '1', 0, 1_000],
  ['ended and asked for less than the shortest delay', ended('2', 1), '1', 0, 100],
  ['ended and asked for more', ended('2', 5_000), '1', 0, 5_000],
  ['brought nothing twice', broke('2'), '1', 2, 400],
  ['brought nothing very often', broke('2'), '1', 1_000, 1_000],
])('a stream that %s waits', (_, end, resumedAfter, fruitless, delay) => {
  expect(resumeDelay(end, resumedAfter, fruitless)).toBe(delay);
});
