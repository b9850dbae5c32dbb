import { describe, expect, it } from '@jest/globals';
import type { InstanceContext } from '../../machines/instance-setup.ts';
import { TryPacer } from '../../src/connection/try-pacer.ts';
import { scriptedInstance, WEB } from '../helpers/scripted-instance.ts';

const REFUSED = { code: 'CONNECTION_REFUSED', message: '' } as const;

/** An instance whose port refuses connections, with a number of waiters. */
function refusing(id: string, waiting: number): InstanceContext {
  const { context } = scriptedInstance();
  return {
    ...context,
    registration: { ...WEB, id },
    lastFailure: REFUSED,
    world: { ...context.world, now: 10_000, lastActivity: 9_000, waiting },
  };
}

/** Tries per second of all these instances, at the intervals they are finally given. */
const rateOf = (pacer: TryPacer, instances: readonly InstanceContext[]) => {
  for (const each of instances) pacer.intervalOf(each);
  return instances.reduce((sum, each) => sum + 1_000 / pacer.intervalOf(each), 0);
};

const many = (count: number, waiting: number) =>
  Array.from({ length: count }, (_, n) => refusing(`${waiting}-${n}`, waiting));

describe('tries of refused ports', () => {
  it.each([1, 10, 100])('happen at least every 500 ms for %d instances', (count) => {
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
    'are limited to about 200 a second, with %d awaited and %d recent instances',
    (awaited, recent) => {
      const pacer = new TryPacer();
      expect(rateOf(pacer, [...many(awaited, 1), ...many(recent, 0)])).toBeLessThanOrEqual(205);
    },
  );

  it('keep recent instances at 500 ms while that leaves room for awaited ones', () => {
    const pacer = new TryPacer();
    const [awaited, recent] = [many(20, 1), many(40, 0)];
    expect(rateOf(pacer, [...awaited, ...recent])).toBeLessThanOrEqual(205);
    for (const each of recent) expect(pacer.intervalOf(each)).toBeLessThanOrEqual(500);
    for (const each of awaited) expect(pacer.intervalOf(each)).toBeLessThan(250);
  });

  it('serve awaited instances first', () => {
    const pacer = new TryPacer();
    const [awaited] = many(1, 1);
    const recent = many(1_000, 0);
    rateOf(pacer, recent);
    expect(awaited && pacer.intervalOf(awaited)).toBeLessThanOrEqual(500);
    // Instances that came back leave their share to the others.
    for (const each of recent.slice(10)) pacer.forget(each.registration.id);
    expect(recent[0] && pacer.intervalOf(recent[0])).toBe(100);
  });
});
