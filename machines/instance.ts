import { active } from './instance-active.ts';
import { attempt } from './instance-attempt.ts';
import { dead } from './instance-dead.ts';
import { UNREAD_WORLD } from './instance-facts.ts';
import { retrying } from './instance-retrying.ts';
import { instanceSetup } from './instance-setup.ts';

/**
 * One registered instance: `discovered` → `connecting` → `active` → `retrying` → `dead`. It is `removed` when its
 * registration is, which is an orderly end and not a failure.
 *
 * The shown state is the top-level state. A retry therefore runs inside `retrying` and a probe inside `dead`;
 * `connecting` is the first attempt, or one that was asked for. States such as `failed` and `due` are left in the same
 * step in which they are entered, so that nobody sees them.
 */
export const instanceMachine = instanceSetup.createMachine({
  id: 'instance',
  initial: 'discovered',
  context: ({ input }) => ({
    ...input,
    world: UNREAD_WORLD,
    state: null,
    stateChangedAt: null,
    discoveredAt: null,
    connectedAt: null,
    attempt: 0,
    retryCount: 0,
    nextRetryAt: null,
    expiresAt: null,
    missedPings: 0,
    lastPing: null,
    lastPong: null,
    responseTime: null,
    lastFailure: null,
    peer: null,
    catalogue: null,
    transitions: [],
  }),
  invoke: {
    src: 'connection',
    id: 'connection',
    input: ({ context }) => ({ id: context.registration.id }),
  },
  on: {
    'registration.removed': '.removed',
    'registration.superseded': '.failed',
    /** New facts mean another server, or the same one elsewhere; anything else is a heartbeat. */
    'registration.changed': [
      {
        guard: 'factsDiffer',
        target: '.connecting',
        actions: ['adoptRegistration', 'forgiveRetries'],
      },
      { actions: 'adoptRegistration' },
    ],
  },
  states: {
    discovered: {
      entry: [
        'readWorld',
        { type: 'enter', params: { state: 'discovered' } },
        'reportTransition',
        'requestSlot',
      ],
      on: {
        'slot.granted': 'connecting',
        // The first attempt waits for its slot, whatever the file says meanwhile.
        'registration.changed': { actions: 'adoptRegistration' },
      },
    },

    connecting: {
      entry: [
        'readWorld',
        { type: 'enter', params: { state: 'connecting' } },
        'reportTransition',
        'dropPlans',
        'countAttempt',
        'open',
      ],
      ...attempt('failed'),
    },

    active,

    /** The one place where a failure is noted and the retry budget decides what follows. */
    failed: {
      entry: ['readWorld', 'noteFailure', 'forgiveIfStable', 'close'],
      always: [
        { guard: 'isProcessGone', target: 'retrying.gone' },
        { guard: 'hasRetries', target: 'retrying' },
        { target: 'dead' },
      ],
    },

    retrying,

    dead,

    /** Its process has ended for good: the registration that it left behind is deleted. */
    expired: {
      entry: 'deleteStaleFile',
      always: 'removed',
    },

    removed: {
      entry: [
        'readWorld',
        { type: 'enter', params: { state: 'removed' } },
        'reportTransition',
        'close',
      ],
      type: 'final',
    },
  },
});
