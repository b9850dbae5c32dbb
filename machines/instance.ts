import { and, not } from 'xstate';
import { UNREAD_WORLD } from './instance-facts.ts';
import { instanceSetup } from './instance-setup.ts';

/**
 * One registered instance: discovered → connecting → active → retrying → dead, and `removed` when its
 * file goes (a goodbye, not a death).
 *
 * The top-level state is the state that is shown. A re-attempt therefore runs inside `retrying` and a
 * probe inside `dead`; `connecting` is the first attempt and one that was asked for.
 * `failed`, `due` and the like are passed through within one step and never seen.
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
    'registration.changed': { actions: 'adoptRegistration' },
  },
  states: {
    discovered: {
      entry: [
        'readWorld',
        { type: 'enter', params: { state: 'discovered' } },
        'reportTransition',
        'requestSlot',
      ],
      on: { 'slot.granted': 'connecting' },
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
      on: {
        'connection.up': { guard: 'isCurrent', target: 'active' },
        'connection.failed': { guard: 'isCurrent', target: 'failed' },
        'registration.changed': [
          {
            guard: 'factsDiffer',
            target: 'connecting',
            reenter: true,
            actions: ['adoptRegistration', 'forgiveRetries'],
          },
          { actions: 'adoptRegistration' },
        ],
      },
      after: { connectTimeout: 'failed' },
    },

    active: {
      entry: [
        'readWorld',
        'noteUp',
        { type: 'enter', params: { state: 'active' } },
        'reportTransition',
      ],
      initial: 'idle',
      on: {
        'connection.down': { guard: 'isCurrent', target: 'failed' },
        'connection.catalogueChanged': {
          guard: 'isCurrent',
          actions: ['noteCatalogue', 'reportCatalogue'],
        },
        'registration.changed': [
          {
            guard: 'factsDiffer',
            target: 'connecting',
            actions: ['adoptRegistration', 'forgiveRetries'],
          },
          { actions: 'adoptRegistration' },
        ],
      },
      states: {
        idle: {
          entry: ['readWorld', 'forgiveIfStable'],
          on: { 'instance.suspected': 'pinging', 'machine.woke': 'pinging' },
          after: { pingDue: 'checking' },
        },
        checking: {
          entry: 'readWorld',
          always: [{ guard: 'isQuiet', target: 'pinging' }, { target: 'idle' }],
        },
        pinging: {
          entry: ['readWorld', 'notePing', 'ping'],
          on: {
            'connection.pong': {
              guard: 'isCurrent',
              target: 'idle',
              actions: ['readWorld', 'notePong'],
            },
          },
          after: { pingTimeout: 'unanswered' },
        },
        unanswered: {
          entry: 'readWorld',
          always: [
            { guard: 'heardSincePing', target: 'idle', actions: 'noteAlive' },
            { target: 'missed', actions: 'noteMiss' },
          ],
        },
        missed: {
          always: [{ guard: 'isGivenUp', target: '#instance.failed' }, { target: 'idle' }],
        },
      },
    },

    /** Passed through: the one place where a failure is noted and the budget decides. */
    failed: {
      entry: ['readWorld', 'noteFailure', 'forgiveIfStable', 'close'],
      always: [
        { guard: 'isProcessGone', target: 'retrying.gone' },
        { guard: 'hasRetries', target: 'retrying' },
        { target: 'dead' },
      ],
    },

    retrying: {
      entry: [{ type: 'enter', params: { state: 'retrying' } }, 'reportTransition'],
      initial: 'waiting',
      on: {
        'instance.reconnect': { target: 'connecting', actions: 'forgiveRetries' },
        'machine.woke': { target: 'connecting', actions: 'forgiveRetries' },
        'registration.changed': [
          {
            guard: 'factsDiffer',
            target: 'connecting',
            actions: ['adoptRegistration', 'forgiveRetries'],
          },
          { target: '.attempting', actions: 'adoptRegistration' },
        ],
      },
      states: {
        waiting: {
          entry: ['readWorld', 'planRetry'],
          on: { 'instance.awaited': { target: 'waiting', reenter: true } },
          after: { backoff: 'attempting' },
        },
        attempting: {
          entry: ['readWorld', 'countRetry', 'countAttempt', 'open'],
          on: {
            'connection.up': { guard: 'isCurrent', target: '#instance.active' },
            'connection.failed': { guard: 'isCurrent', target: 'refused' },
            // An attempt is under way: a heartbeat needs no second one.
            'registration.changed': { guard: not('factsDiffer'), actions: 'adoptRegistration' },
          },
          after: { connectTimeout: 'refused' },
        },
        refused: {
          entry: ['readWorld', 'noteFailure', 'refundRetry', 'close'],
          always: [
            { guard: 'isProcessGone', target: 'gone' },
            { guard: 'hasRetries', target: 'waiting' },
            { target: '#instance.dead' },
          ],
        },
        /** Its process has ended: whoever answers at its port is somebody else. It waits for its file, or a successor. */
        gone: {
          entry: 'dropPlans',
          on: {
            'instance.reconnect': {},
            'machine.woke': {},
            'registration.changed': { guard: not('factsDiffer'), actions: 'adoptRegistration' },
          },
          after: { goneGrace: '#instance.dead' },
        },
      },
    },

    dead: {
      entry: [
        { type: 'enter', params: { state: 'dead' } },
        'reportTransition',
        'planRevival',
        'planExpiry',
      ],
      exit: 'dropPlans',
      initial: 'resting',
      on: {
        'registration.superseded': '.unrevived',
        'instance.reconnect': {
          guard: not('isDisowned'),
          target: 'connecting',
          actions: 'forgiveRetries',
        },
        'machine.woke': {
          guard: not('isDisowned'),
          target: 'connecting',
          actions: 'forgiveRetries',
        },
        'registration.changed': [
          {
            guard: 'factsDiffer',
            target: 'connecting',
            actions: ['adoptRegistration', 'forgiveRetries'],
          },
          { guard: 'isDisowned', actions: 'adoptRegistration' },
          { target: '.probing', actions: 'adoptRegistration' },
        ],
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
          on: {
            'connection.up': { guard: 'isCurrent', target: '#instance.active' },
            'connection.failed': { guard: 'isCurrent', target: 'unrevived' },
            'registration.changed': { guard: not('factsDiffer'), actions: 'adoptRegistration' },
          },
          after: { connectTimeout: 'unrevived' },
        },
        unrevived: {
          entry: ['readWorld', 'noteFailure', 'close', 'planRevival'],
          always: 'resting',
        },
      },
    },

    /** Passed through: nobody will come back for that file. */
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
