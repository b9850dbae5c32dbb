import { sessionSetup } from './session-setup.ts';

/**
 * One agent session: which instance is its home, and a binding for every instance that it uses.
 *
 * `open` → `closed`, which is final and ends the bindings.
 */
export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  initial: 'open',
  context: ({ input }) => ({ ...input, home: null, lost: null, bindings: [] }),
  states: {
    open: {
      on: {
        // Connecting to the same instance again changes nothing.
        'session.bind': [
          { guard: 'isHome' },
          {
            actions: [
              'endHome',
              {
                type: 'bind',
                params: ({ event: { instanceId, active } }) => ({
                  ...{ instanceId, active },
                  role: 'home',
                  succeeds: null,
                }),
              },
            ],
          },
        ],
        'session.unbind': { actions: ['endHome', 'forgetLost'] },
        'session.use': {
          actions: {
            type: 'bind',
            params: ({ event: { instanceId, active } }) => ({
              ...{ instanceId, active },
              role: 'once',
              succeeds: null,
            }),
          },
        },
        'session.succeed': [
          {
            guard: 'isHomeSucceeded',
            actions: [
              {
                type: 'bind',
                params: ({ event: { from, to, active } }) => ({
                  ...{ instanceId: to, active },
                  role: 'home',
                  succeeds: from,
                }),
              },
              'dropSucceeded',
            ],
          },
          {
            guard: 'isOtherSucceeded',
            actions: [
              {
                type: 'bind',
                params: ({ event: { from, to, active } }) => ({
                  ...{ instanceId: to, active },
                  role: 'once',
                  succeeds: from,
                }),
              },
              'dropSucceeded',
            ],
          },
        ],
        'instance.transitioned': [
          {
            guard: 'lostReturned',
            actions: {
              type: 'bind',
              params: ({ event: { id } }) => ({
                instanceId: id,
                role: 'home',
                active: true,
                succeeds: id,
              }),
            },
          },
          { guard: 'lostRemoved', actions: ['passToBinding', 'noteRemoved'] },
          { actions: 'passToBinding' },
        ],
        'binding.transitioned': [
          { guard: 'isEnd', actions: ['noteEnded', 'report'] },
          { actions: 'report' },
        ],
        'xstate.done.actor.*': { actions: 'bury' },
        'session.close': 'closed',
      },
    },
    closed: { type: 'final' },
  },
});
