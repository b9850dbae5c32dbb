import { describe, expect, it } from '@jest/globals';
import type { InstanceContext } from '../../machines/instance-setup.ts';
import { TryPacer } from '../../src/connection/try-pacer.ts';
import { scriptedInstance, WEB } from '../helpers/scripted-instance.ts';

const REFUSED = { code: 'CONNECTION_REFUSED', message: '' } as const;

/** An instance whose port refuses, and for which so many wait. */
function refusing(id: string, waiting: number): InstanceContext {
  const { context } = scriptedInstance();
  return {
    ...context,
    registration: { ...WEB, id },
    lastFailure: REFUSED,
    world: { ...context.world, now: 10_000, lastActivity: 9_000, waiting },
  };
}

/** Tries a second of all these, each at the interval that it is told in the end. */
const rateOf = (pacer: TryPacer, instances: readonly InstanceContext[]) => {
  for (const each of instances) pacer.intervalOf(each);
  return instances.reduce((sum, each) => sum + 1_000 / pacer.intervalOf(each), 0);
};

const many = (count: number, waiting: number) =>
  Array.from({ length: count }, (_, n) => refusing(`${waiting}-${n}`, waiting));

describe('tries of ports that refuse', () => {
  it.each([1, 10, 100])('come at least every 500 ms for %d instances', (count) => {
    const pacer = new TryPacer();
    const instances = many(count, 1);
    rateOf(pacer, instances);
    for (const each of instances) expect(pacer.intervalOf(each)).toBeLessThanOrEqual(500);
  });

  it.each([
    [1_000, 0],
    [0, 1_000],
    [100, 1_000],
    [50, 300],
    [10, 10],
  ])(
    'are at most about 200 a second, with %d awaited and %d recent instances',
    (awaited, recent) => {
      const pacer = new TryPacer();
      expect(rateOf(pacer, [...many(awaited, 1), ...many(recent, 0)])).toBeLessThanOrEqual(205);
    },
  );

  it('leave every recent one its 500 ms while that fits beside awaited ones', () => {
    const pacer = new TryPacer();
    const [awaited, recent] = [many(20, 1), many(40, 0)];
    expect(rateOf(pacer, [...awaited, ...recent])).toBeLessThanOrEqual(205);
    for (const each of recent) expect(pacer.intervalOf(each)).toBeLessThanOrEqual(500);
    for (const each of awaited) expect(pacer.intervalOf(each)).toBeLessThan(250);
  });

  it('are for those first that somebody waits for', () => {
    const pacer = new TryPacer();
    const [awaited] = many(1, 1);
    const recent = many(1_000, 0);
    rateOf(pacer, recent);
    expect(awaited && pacer.intervalOf(awaited)).toBeLessThanOrEqual(500);
    // Those that came back leave their share to the others.
    for (const each of recent.slice(10)) pacer.forget(each.registration.id);
    expect(recent[0] && pacer.intervalOf(recent[0])).toBe(100);
  });
});
