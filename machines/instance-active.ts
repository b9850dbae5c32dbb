import { instanceSetup } from './instance-setup.ts';

/** Connected. Pings the instance after each quiet interval, and at once when something suggests that it is gone. */
export const active = instanceSetup.createStateConfig({
  entry: [
    'readWorld',
    'noteUp',
    { type: 'enter', params: { state: 'active' } },
    'reportTransition',
  ],
  initial: 'idle',
  on: {
    'connection.down': { guard: 'isCurrent', target: '#instance.failed' },
    'connection.catalogueChanged': {
      guard: 'isCurrent',
      actions: ['noteCatalogue', 'reportCatalogue'],
    },
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
});
