import { describe, expect, it } from '@jest/globals';
import { backoffDelay, HISTORY_LENGTH, remember } from '../../machines/backoff.ts';

const policy = { retryBase: 200, retryCap: 30_000 };

describe('backoff', () => {
  it.each([
    [1, 200],
    [2, 400],
    [3, 800],
    [8, 25_600],
    [9, 30_000],
    [2_000, 30_000],
  ])('retry %i waits up to %i ms', (retry, most) => {
    expect(backoffDelay(retry, 1, policy)).toBe(most);
    expect(backoffDelay(retry, 0.5, policy)).toBe(most / 2);
    expect(backoffDelay(retry, 0, policy)).toBe(0);
  });
});

describe('history', () => {
  it('keeps the last transitions, the oldest first', () => {
    const all = Array.from(
      { length: 30 },
      (_, at) => ({ from: null, to: 'dead', at, reason: '' }) as const,
    );
    const kept = all.reduce<ReturnType<typeof remember>>(
      (history, next) => remember(history, next),
      [],
    );
    expect(kept).toHaveLength(HISTORY_LENGTH);
    expect(kept.map(({ at }) => at)).toEqual(all.slice(-HISTORY_LENGTH).map(({ at }) => at));
  });
});
