import { describe, expect, it } from '@jest/globals';
import { type CallEvent, type CallPhase, isOnWire, nextPhase } from '../../src/link/call-phase.ts';

const EVENTS: readonly CallEvent[] = [
  'queued',
  'dequeued',
  'posted',
  'sent',
  'resumed',
  'accepted',
  'returned',
  'finished',
];

/** The next phase for each event, in the order of {@link EVENTS}; null where the event means nothing. */
const TABLE: Readonly<Record<CallPhase, readonly (CallPhase | null)[]>> = {
  //         queued    dequeued posted    sent    resumed    accepted    returned finished
  ready: ['queued', null, 'posted', null, null, null, null, 'done'],
  queued: [null, 'ready', 'posted', null, null, null, null, 'done'],
  posted: [null, null, null, 'sent', 'resumed', 'accepted', 'ready', 'done'],
  sent: [null, null, null, null, 'resumed', 'accepted', 'ready', 'done'],
  resumed: [null, null, null, null, null, 'accepted', null, 'done'],
  accepted: [null, null, null, null, null, null, null, 'done'],
  done: [null, null, null, null, null, null, null, null],
};

const PHASES = Object.keys(TABLE).filter((phase): phase is CallPhase => phase in TABLE);

/** All phases that some events lead to. */
function reachableFrom(from: CallPhase): Set<CallPhase> {
  const reached = new Set<CallPhase>();
  const open = [from];
  for (let phase = open.pop(); phase !== undefined; phase = open.pop()) {
    for (const event of EVENTS) {
      const next = nextPhase(phase, event);
      if (next === null || reached.has(next)) continue;
      reached.add(next);
      open.push(next);
    }
  }
  return reached;
}

describe('the phase of a call', () => {
  it.each(PHASES.flatMap((phase) => EVENTS.map((event, n) => [phase, event, TABLE[phase][n]])))(
    '%s, %s → %s',
    (phase, event, next) => {
      expect(nextPhase(phase as CallPhase, event as CallEvent)).toBe(next);
    },
  );

  it('can end from every phase but the last, which nothing leaves', () => {
    for (const phase of PHASES) {
      expect([...reachableFrom(phase)].includes('done')).toBe(phase !== 'done');
    }
    expect(reachableFrom('done').size).toBe(0);
  });

  it.each(['resumed', 'accepted'] as const)('never leads from %s to another sending', (taken) => {
    expect([...reachableFrom(taken)]).not.toContain('posted');
  });

  it('is on the wire from sending to the end', () => {
    expect(PHASES.filter(isOnWire)).toEqual(['sent', 'resumed', 'accepted']);
  });
});
