import { sessionSetup } from './session-setup.ts';

/**
 * One agent session: which instance it is connected to, and the life of its link.
 *
 * `unbound` → `binding` → `bound`; inside `bound` it is `ready`, or `waiting` for an instance that is away,
 * or `relinking` when it is back. `closed` is final.
 */
export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  initial: 'unbound',
  context: ({ input }) => ({
    ...input,
    instanceId: null,
    instanceActive: false,
    attempt: 0,
    leftBecause: null,
    lastFailure: null,
    lostId: null,
    succeeds: null,
  }),
  invoke: { src: 'link', id: 'link', input: ({ context }) => ({ id: context.id }) },
  on: {
    'session.close': '.closed',
    'session.unbind': { target: '.unbound', actions: ['noteAsked', 'forgetLost'] },
    'session.succeed': [
      { guard: 'isSucceeded', target: '.bound.relinking', actions: ['move', 'inherit'] },
      { guard: 'isSucceededLater', target: '.bound.waiting', actions: ['move', 'inherit'] },
    ],
    'session.bind': [
      { guard: 'bindsToActive', target: '.binding', actions: ['close', 'choose'] },
      { target: '.bound.waiting', actions: ['close', 'choose'] },
    ],
    'instance.transitioned': [
      { guard: 'isGone', target: '.unbound', actions: ['noteGone', 'noteLost'] },
      { guard: 'isDead', target: '.unbound', actions: ['noteDead', 'noteLost'] },
    ],
  },
  states: {
    unbound: {
      entry: ['close', 'forget', { type: 'report', params: { to: 'unbound' } }],
      on: {
        // What it was connected to has come back.
        'instance.transitioned': [
          {
            guard: 'lostReturned',
            target: 'bound.relinking',
            actions: ['move', 'resume'],
          },
          // Who has its id after that may be another.
          { guard: 'lostRemoved', actions: 'noteGone' },
        ],
      },
    },

    binding: {
      entry: ['countAttempt', 'open', { type: 'report', params: { to: 'binding' } }],
      on: {
        'link.up': { guard: 'isCurrent', target: 'bound.ready' },
        'link.failed': [
          { guard: 'isAway', target: 'bound.waiting', actions: 'noteFailure' },
          { guard: 'isCurrent', target: 'unbound', actions: ['noteFailure', 'noteRefused'] },
        ],
        'instance.transitioned': {
          guard: 'wentAway',
          target: 'bound.waiting',
          actions: 'noteAway',
        },
      },
    },

    bound: {
      entry: { type: 'report', params: { to: 'bound' } },
      initial: 'ready',
      on: {
        // Connecting to the same instance again is fine and changes nothing.
        'session.bind': { guard: 'isSame' },
        'instance.transitioned': [
          { guard: 'becameActive', target: '.relinking', actions: 'noteActive' },
          { guard: 'wentAway', target: '.waiting', actions: 'noteAway' },
        ],
      },
      states: {
        ready: {
          on: {
            'link.lost': { guard: 'isCurrent', target: 'waiting', actions: 'noteFailure' },
          },
        },
        waiting: {
          entry: 'suspend',
          after: { relinkDelay: { guard: 'isActive', target: 'relinking' } },
        },
        relinking: {
          entry: ['countAttempt', 'open'],
          on: {
            'link.up': { guard: 'isCurrent', target: 'ready' },
            'link.failed': { guard: 'isCurrent', target: 'waiting', actions: 'noteFailure' },
          },
        },
      },
    },

    closed: {
      entry: ['close', 'forget'],
      type: 'final',
    },
  },
});
