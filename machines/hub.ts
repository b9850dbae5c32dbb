import type { ActorRefFrom } from 'xstate';
import { hubSetup } from './hub-setup.ts';

/**
 * The parent of all: one instance actor per registration, one session actor per agent session.
 *
 * `starting` (first scan) → `running` → `stopping` (links and connections closed, for a second at most)
 * → `stopped`. A crashed instance actor is started again within a budget and never takes the hub down.
 */
export const hubMachine = hubSetup.createMachine({
  id: 'hub',
  initial: 'starting',
  context: ({ input }) => ({
    ...input,
    now: 0,
    slotHolders: [],
    slotQueue: [],
    sessions: [],
    crashes: [],
    successors: [],
  }),
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
    'xstate.done.actor.*': { actions: ['bury', 'freeSlot', 'grantSlots'] },
    'xstate.error.actor.*': { actions: ['readClock', 'freeSlot', 'restartCrashed', 'grantSlots'] },
    'hub.stop': '.stopping',
  },
  states: {
    starting: {
      on: { 'scan.completed': 'running' },
    },
    running: {},
    stopping: {
      on: {
        // Nothing new while it stops.
        'registration.accepted': {},
        'session.opened': {},
        'machine.woke': {},
        'slot.requested': {},
        'hub.stop': {},
      },
      invoke: { src: 'closeAll', onDone: 'stopped', onError: 'stopped' },
      after: { closeDeadline: 'stopped' },
    },
    stopped: { type: 'final' },
  },
});

/** A running hub. */
export type HubActor = ActorRefFrom<typeof hubMachine>;
