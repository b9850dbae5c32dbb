import { describe, expect, it } from '@jest/globals';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

type Script = NonNullable<Parameters<typeof scripted.start>[0]>;
type Exchange = Parameters<NonNullable<Script['post']>>[0];

/** Answers one message. */
type Reply = (exchange: Exchange) => void;

const plain =
  (status: number, type: string, body: string): Reply =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  };
const html = (status: number) => plain(status, 'text/html', '<h1>Hello</h1>');
const error =
  (status: number, code: number, id: (own: unknown) => unknown = (own) => own): Reply =>
  ({ message, json }) =>
    json({ jsonrpc: '2.0', id: id(message.id), error: { code, message: 'no' } }, status);

/** The answer, by an instance with this session or without sessions. */
const cases = (rows: readonly (readonly [string, Reply, string?])[]) =>
  rows.map(([name, reply, session = null]) => ({ name, reply, session }));

const QUICK = { 'ping-interval': ['40ms'], 'ping-timeout': ['1s'] };

/** An active instance without a standing stream. `replies` can be changed while it runs. */
async function activeInstance(
  session: string | null = null,
  options: Readonly<Record<string, string[]>> = {},
) {
  /** Replaces the instance's own answers to the method `of`; null means all of them. */
  const replies: { of: string | null; with: Reply }[] = [];
  const held: Exchange[] = [];
  const server = await scripted.start({
    ...(session === null ? {} : { session: () => session }),
    get: ({ response }) => {
      response.writeHead(405).end();
      return true;
    },
    post: (exchange) => {
      const { method, params } = exchange.message;
      if (method === 'tools/call' && params.name === 'hang') {
        held.push(exchange);
        return true;
      }
      const reply = replies.find(({ of }) => of === null || of === method);
      reply?.with(exchange);
      return reply !== undefined;
    },
  });
  afterTest(server.close);
  const directory = temporaryDirectory();
  register(directory, { id: 'one', port: server.port });
  const hub = startHubHere(directory, { ...QUICK, ...options });
  const agent = new MemoryAgent(hub);
  await agent.initialize();
  const connected = await agent.call(1_000, 'instances_connect', { instance_id: 'one' });
  expect(connected.isError).toBeUndefined();
  let lastId = 2_000;
  const health = async () => {
    lastId += 1;
    return (await agent.call(lastId, 'instances_health')).structuredContent.instances[0];
  };
  /** Resolves after a number of pings, of which all but the last have been evaluated. */
  const pings = async (more: number) => {
    const before = server.of('ping').length;
    await eventually(() => expect(server.of('ping').length).toBeGreaterThanOrEqual(before + more));
  };
  const expectNeverLeft = async () => {
    const { state, healthy, missed_pings, transitions } = await health();
    expect({ state, healthy, missed_pings }).toEqual({
      state: 'active',
      healthy: true,
      missed_pings: 0,
    });
    expect(transitions.map(({ to }: { to: string }) => to)).toEqual([
      'discovered',
      'connecting',
      'active',
    ]);
  };
  return { agent, hub, server, replies, held, health, pings, expectNeverLeft };
}

describe('an MCP server is alive if it answers ping', () => {
  it.each(
    cases([
      [
        'with a result',
        ({ message, json }) => json({ jsonrpc: '2.0', id: message.id, result: {} }),
      ],
      ['as an unknown method', error(200, -32601)],
      ['as an unknown method with HTTP 404', error(404, -32601)],
      ['as an unknown method with HTTP 404, in a session', error(404, -32601), 'first'],
      ['with any error', error(200, -1)],
      ['with an error that has no id', error(200, -32600, () => null)],
      ['with an error and HTTP 400', error(400, -32000)],
      ['with an unsupported version', error(400, -32022)],
      ['with HTTP 401', plain(401, 'text/plain', 'who are you?')],
      ['with HTTP 403', html(403)],
      ['with HTTP 403, in a session', error(403, -32000), 'first'],
      ['with HTTP 500', html(500)],
      ['with HTTP 503', plain(503, 'text/plain', 'busy')],
      ['with HTTP 404', html(404)],
      ['with HTTP 400', plain(400, 'text/plain', 'what?')],
      ['with HTTP 202', plain(202, 'text/plain', '')],
      ['with HTML', html(200)],
      ['with other JSON', ({ json }) => json({ status: 'ok' })],
    ]),
  )('$name', async ({ reply, session }) => {
    const { agent, server, replies, pings, expectNeverLeft } = await activeInstance(session);
    replies.push({ of: 'ping', with: reply });
    await pings(5);
    await expectNeverLeft();
    expect((await agent.call(1, 'echo', { text: 'on' })).content[0].text).toBe('on');
    // The hub's connection, the agent's, and one request that tests for an MCP server, if needed.
    expect(server.of('initialize').length).toBeLessThanOrEqual(3);
  });
});

describe('an instance is retrying if its port is used by', () => {
  it.each<[string, Reply, string, string]>([
    ['a web site', html(200), 'PROTOCOL_ERROR', 'text/html'],
    ['a web site without that page', html(404), 'HTTP_ERROR', 'HTTP 404'],
    ['a server that rejects POST', plain(405, 'text/plain', ''), 'HTTP_ERROR', 'HTTP 405'],
    ['an API', ({ json }) => json({ status: 'ok' }), 'PROTOCOL_ERROR', 'before it was complete'],
    ['an MCP server of another era', error(400, -32022), 'UNSUPPORTED_VERSION', 'none of the'],
  ])('%s', async (_, reply, code, message) => {
    const { agent, replies, health } = await activeInstance();
    replies.push({ of: null, with: reply });
    const waited = await agent.call(1, 'instances_wait', { instance_id: 'one', state: 'retrying' });
    const { last_error } = waited.structuredContent.instance;
    expect(last_error).toMatchObject({ code });
    expect(last_error.message).toContain(message);
    replies.length = 0;
    await agent.call(2, 'instances_wait', { instance_id: 'one' });
    expect((await health()).state).toBe('active');
  });

  it('another program, as soon as a call fails', async () => {
    const { agent, replies } = await activeInstance(null, { 'ping-interval': ['10m'] });
    replies.push({ of: null, with: html(200) });
    agent.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo' } });
    await agent.call(2, 'instances_wait', { instance_id: 'one', state: 'retrying' });
    const { structuredContent } = (await agent.answer(1))['result'];
    expect(structuredContent.error).toMatchObject({ code: 'INSTANCE_REFUSED' });
  });
});

describe('a connection with a call in flight survives', () => {
  it.each(
    cases([
      ['a web site in between', html(200)],
      ['HTTP 404', html(404)],
      ['HTTP 502', html(502)],
      ['HTTP 401', plain(401, 'text/plain', '')],
      ["an expired session of the hub's own", error(404, -32001), 'first'],
    ]),
  )('$name ends nothing', async ({ reply, session }) => {
    const { agent, replies, held, pings, expectNeverLeft } = await activeInstance(session);
    agent.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hang' } });
    await eventually(() => expect(held).toHaveLength(1));
    replies.push({ of: null, with: reply });
    await pings(4);
    await expectNeverLeft();
    held[0]?.json({ jsonrpc: '2.0', id: 1, result: { content: [], finished: true } });
    expect((await agent.answer(1))['result']).toEqual({ content: [], finished: true });
  });

  it("an expired session of the hub's own is reopened after the call", async () => {
    const { agent, replies, held, pings } = await activeInstance('first');
    agent.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hang' } });
    await eventually(() => expect(held).toHaveLength(1));
    replies.push({ of: 'ping', with: error(404, -32001) });
    await pings(2);
    held[0]?.json({ jsonrpc: '2.0', id: 1, result: {} });
    const waited = await agent.call(2, 'instances_wait', { instance_id: 'one', state: 'retrying' });
    expect(waited.structuredContent.instance.last_error.code).toBe('SESSION_EXPIRED');
  });
});

it('a page instead of a standing stream counts as no stream', async () => {
  let asked = 0;
  const server = await scripted.start({
    get: ({ response }) => {
      asked += 1;
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Use POST</p>');
      return true;
    },
  });
  afterTest(server.close);
  const directory = temporaryDirectory();
  register(directory, { id: 'one', port: server.port });
  const agent = new MemoryAgent(startHubHere(directory, QUICK));
  await agent.initialize();
  await agent.call(1, 'instances_connect', { instance_id: 'one' });
  await eventually(() => expect(asked).toBe(2));
  // Longer than the delay before a stream is reopened.
  await eventually(() => expect(server.of('ping').length).toBeGreaterThan(40));
  expect(asked).toBe(2);
});
