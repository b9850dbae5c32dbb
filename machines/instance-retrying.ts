import { not } from 'xstate';
import { attempt, reconnectable } from './instance-attempt.ts';
import { instanceSetup } from './instance-setup.ts';

/** Away, with retries left: waits for the backoff, then attempts to connect. A failed attempt uses up one retry. */
export const retrying = instanceSetup.createStateConfig({
  entry: [{ type: 'enter', params: { state: 'retrying' } }, 'reportTransition'],
  initial: 'waiting',
  on: reconnectable.on,
  states: {
    waiting: {
      entry: ['readWorld', 'planRetry'],
      on: {
        'instance.awaited': { target: 'waiting', reenter: true },
        // A heartbeat: the server runs, so it is tried now.
        'registration.changed': {
          guard: not('factsDiffer'),
          target: 'attempting',
          actions: 'adoptRegistration',
        },
      },
      after: { backoff: 'attempting' },
    },
    attempting: {
      entry: ['readWorld', 'countRetry', 'countAttempt', 'open'],
      ...attempt('refused'),
    },
    refused: {
      entry: ['readWorld', 'noteFailure', 'refundRetry', 'close'],
      always: [
        { guard: 'isProcessGone', target: 'gone' },
        { guard: 'hasRetries', target: 'waiting' },
        { target: '#instance.dead' },
      ],
    },
    /** Its process has ended: anything that answers at its port is another server. It waits for its file or a successor. */
    gone: {
      entry: 'dropPlans',
      after: { goneGrace: '#instance.dead' },
    },
  },
});
