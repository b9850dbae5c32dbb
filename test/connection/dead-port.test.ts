import { createServer, type Server } from 'node:net';
import { expect, it } from '@jest/globals';
import { createActor, setup } from 'xstate';
import type { ConnectionReport } from '../../machines/instance-events.ts';
import { createConnections } from '../../src/connection/connection-actor.ts';
import { StandingStreams } from '../../src/connection/standing-streams.ts';
import { SELF } from '../../src/self.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { eventually } from '../helpers/processes.ts';
import { WEB } from '../helpers/scripted-instance.ts';
import { startPeer } from '../helpers/scripted-peer.ts';

/** A connection actor whose parent keeps the reports. `loaded` counts how often it wanted what connections need. */
function startConnection(whenReady: () => Promise<unknown> = async () => {}) {
  const reports: ConnectionReport[] = [];
  const seen = { loaded: 0 };
  const connections = createConnections({
    self: SELF,
    now: Date.now,
    onHeard: () => {},
    isBusy: () => false,
    onStreaming: () => {},
    refusal: () => null,
    needsStream: () => false,
    streams: new StandingStreams(Date.now, () => {}),
    ready: () => {
      seen.loaded += 1;
      return whenReady();
    },
  });
  const parent = setup({
    types: { events: {} as ConnectionReport, children: {} as { connection: 'connection' } },
    actors: { connection: connections.actor },
  }).createMachine({
    invoke: { src: 'connection', id: 'connection', input: { id: 'web-1' } },
    on: { '*': { actions: ({ event }) => reports.push(event) } },
  });
  const root = createActor(parent).start();
  const { connection } = root.getSnapshot().children;
  afterTest(async () => {
    root.stop();
    await connections.closeAll();
  });
  return {
    reports,
    seen,
    open: (attempt: number, port: number) =>
      connection?.send({ type: 'open', attempt, registration: { ...WEB, port } }),
    close: () => connection?.send({ type: 'close' }),
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

it('a port that refuses costs a dial, and loads nothing', async () => {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  const { reports, seen, open } = startConnection();
  open(1, port);
  await eventually(() => expect(reports).toHaveLength(1));
  expect(reports).toMatchObject([
    { type: 'connection.failed', attempt: 1, failure: { code: 'CONNECTION_REFUSED' } },
  ]);
  expect(seen.loaded).toBe(0);

  const peer = await startPeer();
  open(2, peer.port);
  await eventually(() => expect(reports).toHaveLength(2));
  expect(reports[1]).toMatchObject({ type: 'connection.up', attempt: 2 });
  expect(seen.loaded).toBe(1);
});

it('a connection that breaks before it is used is made anew', async () => {
  const peer = await startPeer();
  let load = () => {};
  const loaded = new Promise<void>((resolve) => {
    load = resolve;
  });
  const { reports, open } = startConnection(() => loaded);
  open(1, peer.port);
  await eventually(() => expect(peer.sockets).toBe(1));
  await peer.stop();
  await peer.start();
  load();
  await eventually(() => expect(reports).toMatchObject([{ type: 'connection.up', attempt: 1 }]));
});

it('a dial that was given up is reported as failed, and leaves no connection', async () => {
  const peer = await startPeer();
  let load = () => {};
  const loaded = new Promise<void>((resolve) => {
    load = resolve;
  });
  const { reports, open, close } = startConnection(() => loaded);
  open(1, peer.port);
  await eventually(() => expect(peer.sockets).toBe(1));
  close();
  load();
  await eventually(() => expect(reports).toMatchObject([{ type: 'connection.failed' }]));
  await eventually(() => expect(peer.sockets).toBe(0));
});
