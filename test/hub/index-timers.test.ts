import { describe, expect, it } from '@jest/globals';
import { createActor, createMachine } from 'xstate';
import { indexTimers } from '../../src/hub/index-timers.ts';
import { SteppingClock } from '../helpers/stepping-clock.ts';

const waiting = createMachine({ initial: 'a', states: { a: { after: { 10: 'b' } }, b: {} } });
const parent = createMachine({
  invoke: [
    { src: waiting, id: 'first' },
    { src: waiting, id: 'second' },
  ],
  initial: 'open',
  states: { open: { after: { 20: 'late' } }, late: {} },
});

describe('the timers of a system', () => {
  it('go off as before', () => {
    const clock = new SteppingClock();
    const actor = createActor(parent, { clock });
    indexTimers(actor.system);
    actor.start();
    clock.advance(10);
    expect(actor.getSnapshot().children['first']?.getSnapshot()).toMatchObject({ value: 'b' });
    clock.advance(10);
    expect(actor.getSnapshot().value).toBe('late');
  });

  it('are cancelled with their actor, and those of others are not', () => {
    const clock = new SteppingClock();
    const actor = createActor(parent, { clock });
    indexTimers(actor.system);
    actor.start();
    expect(clock.pending).toBe(3);
    const first = actor.getSnapshot().children['first'];
    if (first === undefined) throw new Error('not started');
    const scheduled = Object.keys(actor.system.getSnapshot()._scheduledEvents);
    actor.system.scheduler.cancelAll(first);
    expect(clock.pending).toBe(2);
    expect(Object.keys(actor.system.getSnapshot()._scheduledEvents)).toEqual(
      scheduled.filter((id) => !id.startsWith(`${first.sessionId}.`)),
    );
    actor.stop();
    expect(clock.pending).toBe(0);
  });
});
