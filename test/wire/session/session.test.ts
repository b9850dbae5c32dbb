import { describe, expect, it } from '@jest/globals';
import { SELF } from '../../../src/self.ts';
import { openTrafficChannel } from '../../../src/wire/open-channel.ts';
import { Session } from '../../../src/wire/session/session.ts';
import { afterTest } from '../../helpers/cleanup.ts';
import { eventually } from '../../helpers/processes.ts';
import { type ScriptedPeer, startPeer } from '../../helpers/scripted-peer.ts';

/** A session with a peer, not opened yet. */
function sessionWith(peer: ScriptedPeer, nonce: string | null = null) {
  const endpoint = {
    address: '127.0.0.1',
    port: peer.port,
    path: '/mcp',
    host: `localhost:${peer.port}`,
  };
  const channel = openTrafficChannel({
    target: { endpoint, token: null },
    guard: () => null,
    maxMessage: 1024 * 1024,
    onHeard: () => {},
  });
  afterTest(() => channel.destroy());
  return new Session({ channel, target: { endpoint, nonce }, onOther: () => {} });
}

/** What the standing stream of a session did. */
function listenedTo(session: Session) {
  const seen = { opened: 0, ended: 0 };
  session.listen({
    onOpen: () => {
      seen.opened += 1;
    },
    onFrame: () => undefined,
    onEnd: () => {
      seen.ended += 1;
    },
  });
  return seen;
}

describe('a session with an instance', () => {
  it('opens, carries requests, and says goodbye', async () => {
    const peer = await startPeer();
    const session = sessionWith(peer);
    const opened = await session.open(SELF);
    expect(opened).toMatchObject({
      protocolVersion: '2025-11-25',
      serverInfo: { name: 'scripted' },
    });
    expect(session.hasId).toBe(true);
    expect(await session.request('tools/list')).toMatchObject({ tools: [expect.anything()] });
    peer.tell({ goodbye: 'hang' });
    const closed = session.close();
    await eventually(() => expect(peer.holds('goodbye')).toBe(1));
    peer.recover();
    await closed;
    await eventually(() => expect(peer.sockets).toBe(0));
  });

  it('closes even if the instance does not answer the goodbye', async () => {
    const peer = await startPeer();
    const session = sessionWith(peer);
    await session.open(SELF);
    const stream = listenedTo(session);
    await eventually(() => expect(stream.opened).toBe(1));
    peer.tell({ goodbye: 'hang' });
    await session.close();
    await eventually(() => expect(peer.sockets).toBe(0));
  });

  it('closes even if the instance does not answer the first request', async () => {
    const peer = await startPeer();
    peer.tell({ connect: 'hang' });
    const session = sessionWith(peer);
    const opening = session.open(SELF);
    const refused = expect(opening).rejects.toMatchObject({ failure: { code: 'CONNECTION_LOST' } });
    await eventually(() => expect(peer.holds('connect')).toBe(1));
    await session.close();
    await refused;
    await eventually(() => expect(peer.sockets).toBe(0));
  });

  it('is ended at the instance if it is closed while it is being opened', async () => {
    const peer = await startPeer();
    peer.tell({ connect: 'hang', goodbye: 'hang' });
    const session = sessionWith(peer);
    const opening = session.open(SELF);
    const refused = expect(opening).rejects.toMatchObject({
      failure: { message: 'the connection was closed' },
    });
    await eventually(() => expect(peer.holds('connect')).toBe(1));
    const closed = session.close();
    peer.tell({ connect: 'well' });
    await refused;
    await eventually(() => expect(peer.holds('goodbye')).toBe(1));
    peer.recover();
    await closed;
  });

  it('opens its standing stream again after it broke, and not after the session was closed', async () => {
    const peer = await startPeer();
    const session = sessionWith(peer);
    await session.open(SELF);
    const stream = listenedTo(session);
    await eventually(() => expect(session.isStreaming).toBe(true));
    peer.cut('hub');
    await eventually(() => expect(stream.ended).toBe(1));
    expect(session.isStreaming).toBe(false);
    expect(session.canDeliver).toBe(false);
    await eventually(() => expect(stream.opened).toBe(2));
    await session.close();
    await eventually(() => expect(peer.streams('hub')).toBe(0));
    expect(stream).toEqual({ opened: 2, ended: 1 });
    expect(session.isStreaming).toBe(false);
  });

  it('lets a call finish after the instance has forgotten the session', async () => {
    const peer = await startPeer();
    const session = sessionWith(peer);
    await session.open(SELF);
    peer.tell({ call: 'hang' });
    const answered = new Promise<string>((resolve) => {
      const call = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'tool' } };
      session.post(JSON.stringify(call), {
        onFrame: (text) => {
          resolve(text);
          return undefined;
        },
        onOversize: () => {},
        onEnd: () => {},
      });
    });
    await eventually(() => expect(peer.holds('call')).toBe(1));
    session.retire();
    peer.recover();
    expect(JSON.parse(await answered)).toMatchObject({ id: 7 });
    expect(session.isClosed).toBe(true);
  });

  it('is refused by an instance that does not confirm the nonce', async () => {
    const session = sessionWith(await startPeer(), 'expected');
    await expect(session.open(SELF)).rejects.toMatchObject({
      failure: { code: 'IDENTITY_MISMATCH' },
    });
  });
});
