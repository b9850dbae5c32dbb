import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createMachine } from 'xstate';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, startAgent } from '../helpers/hub-process.ts';
import { eventually, startFixture } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { PageViewer } from '../helpers/viewer.ts';

/** Secrets placed wherever data can be; nothing that is sent may contain them. */
const PLANTED = {
  token: 'planted-in-the-token-of-a-registration',
  refused: 'planted-in-the-token-of-one-that-is-refused',
  query: 'planted-in-the-query-of-an-address',
  argument: 'planted-in-the-arguments-of-a-call',
  header: 'planted-in-a-header-that-a-server-quotes',
};

/** A server that refuses every request and quotes it. */
async function startQuoter(): Promise<number> {
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    response
      .writeHead(500, { 'x-secret': PLANTED.header, 'content-type': 'text/plain' })
      .end(`no: ${authorization} at ${request.url}`);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function startInspected() {
  const directory = temporaryDirectory();
  const server = await startFixture('sdk-stateful', { token: PLANTED.token });
  register(directory, { id: 'web', port: server.port, token: PLANTED.token });
  const quoter = await startQuoter();
  const url = `http://127.0.0.1:${quoter}/mcp?key=${PLANTED.query}`;
  register(directory, { id: 'quoter', port: quoter, url, token: PLANTED.refused });
  const { client, stderr } = await startAgent(directory, { args: ['--inspect', '--settle', '0'] });
  const address = await eventually(() => {
    const [found] = /http:\/\/\S+/.exec(stderr()) ?? [];
    expect(found).toBeDefined();
    return found ?? '';
  });
  await callTool(client, 'instances_wait', { instance_id: 'web' });
  return { directory, server, client, address };
}

describe('what a hub sends to viewers', () => {
  it('contains no credentials and no traffic between agents and instances', async () => {
    const { directory, server, client, address } = await startInspected();
    const viewer = new PageViewer(address, { frames: true });
    await viewer.until(({ frames }) => expect(frames.length).toBeGreaterThan(5));
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    await callTool(client, 'echo', { text: PLANTED.argument });
    // The changed registration reconnects the instance.
    register(directory, { id: 'web', port: server.port, token: PLANTED.token, pid: 1 });
    await callTool(client, 'instances_call', {
      instance_id: 'web',
      tool: 'echo',
      arguments: { text: PLANTED.argument },
    });
    await viewer.until(({ messages, rows }) => {
      expect(rows.get('instance:quoter')).toMatchObject({
        last_error: { message: expect.stringContaining('‹removed') },
      });
      const reasons = messages.flatMap((each) => (each.type === 'steps' ? each.steps : []));
      expect(reasons.map(({ because }) => because)).toContain('registration changed');
    });
    for (const secret of Object.values(PLANTED)) {
      expect([secret, viewer.text.includes(secret)]).toEqual([secret, false]);
    }
  });

  it('is, for the official inspector, every actor with its definition, then all events', async () => {
    const { client, server, address } = await startInspected();
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    const viewer = new PageViewer(address, { frames: true });
    const actors = () => viewer.frames.filter(({ type }) => type === '@xstate.actor');
    await viewer.until(() => {
      expect(actors().map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'hub',
          'session:session-1',
          'binding:web',
          'instance:web',
          'instance:quoter',
          'connection',
          'link',
        ]),
      );
    });
    const known = new Map(actors().map((frame) => [frame['sessionId'], frame]));
    for (const frame of actors()) {
      expect(frame).toMatchObject({ _version: expect.any(String), rootId: expect.any(String) });
      const parent = frame['parentId'];
      if (frame['name'] !== 'hub') expect(known.has(parent)).toBe(true);
    }
    const definitions: Record<string, string> = {
      hub: 'running',
      'session:session-1': 'open',
      'binding:web': 'bound',
      'instance:web': 'retrying',
    };
    for (const [name, state] of Object.entries(definitions)) {
      const frame = actors().find((each) => each['name'] === name);
      const machine = createMachine(JSON.parse(String(frame?.['definition'])));
      expect(Object.keys(machine.states)).toContain(state);
    }
    const web = actors().find(({ name }) => name === 'instance:web');
    expect(web?.['snapshot']).toMatchObject({
      status: 'active',
      context: { registration: { id: 'web', token: expect.stringMatching(/^‹removed \d+›$/) } },
    });
    await server.kill();
    const ofWeb = (type: string) =>
      viewer.frames.filter(
        (each) => each['type'] === type && each['sessionId'] === web?.['sessionId'],
      );
    await viewer.until(() => {
      expect(ofWeb('@xstate.event')).toContainEqual(
        expect.objectContaining({ event: expect.objectContaining({ type: 'connection.down' }) }),
      );
      expect(ofWeb('@xstate.snapshot')).toContainEqual(
        expect.objectContaining({
          snapshot: expect.objectContaining({
            value: expect.objectContaining({ retrying: expect.anything() }),
          }),
        }),
      );
    });
  });

  it('contains official frames only on request', async () => {
    const { address, server } = await startInspected();
    const viewer = new PageViewer(address);
    await viewer.until(({ rows }) => expect(rows.size).toBeGreaterThan(2));
    await server.kill();
    await viewer.until(({ rows }) => {
      expect(rows.get('instance:web')).toMatchObject({ state: 'retrying' });
    });
    expect(viewer.frames).toEqual([]);
  });
});
