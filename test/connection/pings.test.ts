import { expect, it } from '@jest/globals';
import { DrivenHub, when } from '../helpers/driven-hub.ts';

const INTERVAL = 5_000;

it('pings of instances that appeared together are spread over half an interval', async () => {
  const driven = new DrivenHub({ 'ping-interval': `${INTERVAL}ms` });
  const ids = Array.from({ length: 12 }, (_, n) => `web-${n}`);
  for (const id of ids) {
    await driven.peer(id);
    driven.write(id);
  }
  await when(
    () => ids.every((id) => driven.instanceValue(id) === 'active.idle'),
    () => 'the instances',
  );
  const timers = Object.values(driven.hub.actor.system.getSnapshot()._scheduledEvents);
  const delays = timers
    .filter(({ event }) => event.type.startsWith('xstate.after.pingDue.'))
    .map(({ delay }) => delay);
  expect(delays).toHaveLength(ids.length);
  // The clock stands still: all became active at the same moment.
  expect(new Set(delays).size).toBeGreaterThan(2);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(INTERVAL * 0.45);
  expect(Math.max(...delays)).toBeLessThanOrEqual(INTERVAL * 1.05);
});
