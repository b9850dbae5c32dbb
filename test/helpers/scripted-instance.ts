import { assign, createActor, fromCallback, setup } from 'xstate';
import { instanceMachine } from '../../machines/instance.ts';
import type { ConnectionCommand, ConnectionReport } from '../../machines/instance-events.ts';
import type { InstancePolicy, Peer, Registration } from '../../machines/model.ts';
import { SteppingClock } from './stepping-clock.ts';

export const POLICY: InstancePolicy = {
  connectTimeout: 5_000,
  pingInterval: 5_000,
  pingTimeout: 2_000,
  maxMissedPings: 3,
  retryBase: 200,
  retryCap: 30_000,
  maxRetries: 3,
  reviveInterval: 60_000,
  deadTtl: 300_000,
  goneGrace: 30_000,
};

export const WEB: Registration = {
  id: 'web-1',
  name: 'web',
  path: '/home/me/web',
  port: 7778,
  url: null,
  pid: 4242,
  processStart: null,
  nonce: null,
  token: null,
  startedAt: null,
  hasPackageJson: true,
  origin: { kind: 'file', file: '/run/instances/web.json' },
};

export const PEER: Peer = {
  endpoint: { address: '127.0.0.1', port: 7778, path: '/mcp', host: 'localhost:7778' },
  protocolVersion: '2025-11-25',
  capabilities: {},
  serverInfo: {},
  instructions: null,
};

export const EMPTY = { tools: [], resources: [], resourceTemplates: [], prompts: [] };

/** The parts of the environment that a test can set. */
export interface Script {
  random: number;
  callsInFlight: number;
  lastActivity: number | null;
  waiting: number;
  tryInterval: number | null;
  processGone: boolean;
}

/** The instance chart on a stepping clock. The test plays its connection, and its reports to the hub are collected. */
export function scriptedInstance(policy: Partial<InstancePolicy> = {}) {
  const clock = new SteppingClock();
  const script: Script = {
    random: 1,
    callsInFlight: 0,
    lastActivity: null,
    waiting: 0,
    tryInterval: null,
    processGone: false,
  };
  const commands: ConnectionCommand[] = [];
  const reports: { type: string }[] = [];
  const deleted: string[] = [];
  const machine = instanceMachine.provide({
    actors: {
      connection: fromCallback<ConnectionCommand, { readonly id: string }>(({ receive }) => {
        receive((command) => commands.push(command));
      }),
    },
    actions: {
      readWorld: assign({ world: () => ({ now: clock.now, ...script }) }),
      deleteStaleFile: ({ context }) => deleted.push(context.registration.origin.file),
    },
    guards: { processGone: () => script.processGone },
  });
  const parent = setup({ actors: { instance: machine } }).createMachine({
    invoke: {
      src: 'instance',
      id: 'instance',
      input: { registration: WEB, policy: { ...POLICY, ...policy } },
    },
    on: { '*': { actions: ({ event }) => reports.push(event) } },
  });
  const root = createActor(parent, { clock }).start();
  const instance = root.getSnapshot().children['instance'];
  if (instance === undefined) throw new Error('not started');
  const snapshot = () => instance.getSnapshot();
  return {
    clock,
    script,
    commands,
    reports,
    deleted,
    instance,
    get context() {
      return snapshot().context;
    },
    get state() {
      return snapshot().context.state;
    },
    get value() {
      return snapshot().value;
    },
    /** Reports as the connection does, for the current attempt by default. */
    report(
      event: DistributiveOmit<ConnectionReport, 'attempt'>,
      attempt = snapshot().context.attempt,
    ) {
      instance.send({ ...event, attempt } as ConnectionReport);
    },
    up() {
      this.report({ type: 'connection.up', peer: PEER, catalogue: EMPTY });
    },
    fail(code: 'CONNECTION_REFUSED' | 'UNAUTHORIZED' = 'CONNECTION_REFUSED') {
      this.report({ type: 'connection.failed', failure: { code, message: code } });
    },
    down() {
      this.report({
        type: 'connection.down',
        failure: { code: 'CONNECTION_LOST', message: 'broke' },
      });
    },
    /** Discovered, slot granted, connected. */
    activate() {
      instance.send({ type: 'slot.granted' });
      this.up();
    },
    history: () => snapshot().context.transitions.map(({ to }) => to),
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
