import { and, not } from 'xstate';
import { bindingSetup } from './binding-setup.ts';

/**
 * One session's use of one instance, and the life of the link that carries it.
 *
 * `opening` → `bound` → `ended`. Inside `bound` the link is `ready`, or `waiting` for an instance that is away, or
 * `relinking` when the instance is back. A binding made for single calls ends when it has been unused for a while.
 */
export const bindingMachine = bindingSetup.createMachine({
  id: 'binding',
  initial: 'starting',
  context: ({ input }) => ({
    ...input,
    busy: false,
    attempt: 0,
    endedBecause: null,
    lastFailure: null,
  }),
  invoke: {
    src: 'link',
    id: 'link',
    input: ({ context: { sessionId, instanceId, role, succeeds } }) => ({
      ...{ sessionId, instanceId, role, succeeds },
    }),
  },
  on: {
    'binding.end': '.ended',
    'binding.promote': { actions: 'promote' },
    'binding.takeOver': { actions: 'takeOver' },
    'link.busy': { actions: 'noteBusy' },
    'link.idle': { actions: 'noteIdle' },
    'instance.transitioned': [
      { guard: 'becameGone', target: '.ended', actions: 'noteGone' },
      { guard: 'becameDead', target: '.ended', actions: 'noteDead' },
    ],
  },
  states: {
    starting: {
      always: [
        { guard: not('isActive'), target: 'bound.waiting' },
        // Whoever comes in the place of another need not prove itself.
        { guard: 'isSuccessor', target: 'bound.relinking' },
        { target: 'opening' },
      ],
    },

    opening: {
      entry: ['countAttempt', 'open', { type: 'report', params: { to: 'opening' } }],
      on: {
        'link.up': { guard: 'isCurrent', target: 'bound.ready' },
        'link.failed': [
          { guard: and(['isCurrent', 'isUnused']), target: 'ended' },
          { guard: and(['isCurrent', 'isOnce']), target: 'bound.waiting', actions: 'noteFailure' },
          { guard: and(['isCurrent', 'isAway']), target: 'bound.waiting', actions: 'noteFailure' },
          { guard: 'isCurrent', target: 'ended', actions: ['noteFailure', 'noteRefused'] },
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
        'binding.promote': { actions: ['promote', { type: 'report', params: { to: 'bound' } }] },
        'instance.transitioned': [
          { guard: 'becameActive', target: '.relinking', actions: 'noteActive' },
          { guard: 'wentAway', target: '.waiting', actions: 'noteAway' },
        ],
      },
      states: {
        ready: {
          initial: 'used',
          on: {
            'link.lost': { guard: 'isCurrent', target: 'waiting', actions: 'noteFailure' },
          },
          states: {
            used: { always: { guard: 'isUnused', target: 'unused' } },
            unused: {
              always: { guard: 'isUsed', target: 'used' },
              on: {
                'instance.transitioned': { guard: 'wentAway', target: '#binding.ended' },
              },
              after: { linger: '#binding.ended' },
            },
          },
        },
        waiting: {
          entry: 'suspend',
          on: {
            'binding.use': { guard: 'isActive', target: 'relinking' },
            'link.idle': { guard: 'isOnce', target: '#binding.ended' },
          },
          after: { relinkDelay: { guard: 'isActive', target: 'relinking' } },
        },
        relinking: {
          entry: ['countAttempt', 'open'],
          on: {
            'link.up': { guard: 'isCurrent', target: 'ready' },
            'link.failed': [
              { guard: and(['isCurrent', 'isUnused']), target: '#binding.ended' },
              { guard: 'isCurrent', target: 'waiting', actions: 'noteFailure' },
            ],
          },
        },
      },
    },

    ended: {
      entry: ['close', { type: 'report', params: { to: 'ended' } }],
      type: 'final',
    },
  },
});
