import { describe, expect, it } from '@jest/globals';
import {
  backoffDelay,
  HISTORY_LENGTH,
  isQuiet,
  remember,
  untilBeat,
} from '../../machines/backoff.ts';

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

describe('beats of the pings', () => {
  it.each([
    [10_000, 5_000],
    [10_003, 5_000],
    [9_900, 5_000],
    [10_120, 5_000],
  ])('what is due at %i falls on the beat at 10,000', (due, interval) => {
    expect(untilBeat(due, 5_001, interval)).toBe(4_999);
    expect(isQuiet(due - interval, 10_000, interval)).toBe(true);
  });

  it('spreads many instances over the interval', () => {
    const dues = Array.from({ length: 500 }, (_, n) => 5_000 + n * 10);
    const beats = new Set(dues.map((due) => untilBeat(due, 0, 5_000)));
    expect(beats.size).toBe(21);
  });

  it('is never now or in the past', () => {
    expect(untilBeat(1_000, 9_000, 5_000)).toBe(1);
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
