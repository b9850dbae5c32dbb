import { and, not } from 'xstate';
import { attempt, reconnectable } from './instance-attempt.ts';
import { instanceSetup } from './instance-setup.ts';

/** Out of retries. It is probed once per revival interval and when a request names it, and expires if its server has ended. */
export const dead = instanceSetup.createStateConfig({
  entry: [
    { type: 'enter', params: { state: 'dead' } },
    'reportTransition',
    'planRevival',
    'planExpiry',
  ],
  exit: 'dropPlans',
  initial: 'resting',
  on: {
    ...reconnectable.on,
    'registration.superseded': '.unrevived',
  },
  states: {
    resting: {
      entry: 'readWorld',
      on: {
        'instance.probe': { guard: not('isDisowned'), target: 'probing' },
        'instance.awaited': {
          target: 'resting',
          reenter: true,
          actions: ['readWorld', 'hastenRevival'],
        },
        // A heartbeat: the server runs, so it is tried now.
        'registration.changed': {
          guard: and([not('factsDiffer'), not('isDisowned')]),
          target: 'probing',
          actions: 'adoptRegistration',
        },
      },
      after: { restOver: 'due' },
    },
    due: {
      entry: 'readWorld',
      always: [
        { guard: and(['expiryDue', 'processGone']), target: '#instance.expired' },
        { guard: 'expiryDue', target: 'resting', actions: 'planExpiry' },
        { guard: 'revivalDue', target: 'probing' },
        { target: 'resting' },
      ],
    },
    probing: {
      entry: ['countAttempt', 'open'],
      ...attempt('unrevived'),
    },
    unrevived: {
      entry: ['readWorld', 'noteFailure', 'close', 'planRevival'],
      always: 'resting',
    },
  },
});
