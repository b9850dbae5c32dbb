import type { ActorRefFrom } from 'xstate';
import { hubSetup } from './hub-setup.ts';
import { NO_SLOTS } from './slots.ts';

/**
 * The root actor: one instance actor per registration, under a supervisor, and one session actor per agent session.
 *
 * `starting` (first scan) → `settling` (connects to the instances found, for `settle` at most) → `running` → `stopping`
 * (closes links and connections within a second) → `stopped`. A crashed actor is restarted within a budget and never stops
 * the hub.
 */
export const hubMachine = hubSetup.createMachine({
  id: 'hub',
  initial: 'starting',
  context: ({ input }) => ({
    ...input,
    now: 0,
    slots: NO_SLOTS,
    sessions: [],
    crashes: [],
    successors: {},
  }),
  invoke: { src: 'instances', id: 'instances' },
  on: {
    'registration.accepted': { actions: ['forgetSuccessor', 'admit'] },
    'registration.removed': { actions: 'passToInstance' },
    'registration.superseded': { actions: 'passToInstance' },
    'instance.succeeded': { actions: ['noteSuccessor', 'reportSuccession'] },
    'session.opened': { actions: 'openSession' },
    'session.ended': { actions: 'endSession' },
    'machine.woke': { actions: 'wakeInstances' },
    'slot.requested': { actions: ['queueForSlot', 'grantSlots'] },
    'instance.transitioned': { actions: ['reportTransition', 'freeSlot', 'grantSlots'] },
    'instance.catalogueChanged': { actions: 'tell' },
    'binding.transitioned': { actions: 'tell' },
    // No '*' here: it would swallow the errors of children that have no handler of their own.
    'xstate.done.actor.*': { actions: ['buryInstance', 'burySession'] },
    'xstate.error.actor.*': {
      actions: [
        'readClock',
        'noteCrash',
        'reportCrash',
        'freeSlot',
        'restartInstance',
        'restartSession',
        'grantSlots',
      ],
    },
    'hub.stop': '.stopping',
  },
  states: {
    starting: {
      on: { 'scan.completed': 'settling' },
    },
    settling: {
      always: { guard: 'isSettled', target: 'running' },
      after: { settle: 'running' },
    },
    running: {},
    stopping: {
      on: {
        // Nothing new starts while the hub stops.
        'registration.accepted': {},
        'session.opened': {},
        'machine.woke': {},
        'slot.requested': {},
        'hub.stop': {},
        'children.stopped': 'stopped',
      },
      invoke: {
        src: 'closeAll',
        onDone: { actions: 'stopInstances' },
        onError: { actions: 'stopInstances' },
      },
      after: { closeDeadline: { actions: 'stopInstances' } },
    },
    stopped: { type: 'final' },
  },
});

/** A running hub. */
export type HubActor = ActorRefFrom<typeof hubMachine>;
