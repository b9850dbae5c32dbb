import { describe, expect, it } from '@jest/globals';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

type Script = NonNullable<Parameters<typeof scripted.start>[0]>;
type Exchange = Parameters<NonNullable<Script['get']>>[0];

const EVENT = 'id: e1\nretry: 10\ndata:\n\n';

/**
 * A session with a server that answers calls of the tool `taken` with 202. `get` receives requests for the session's standing
 * stream and returns true if it has handled them.
 */
async function connected({ get, ...script }: Script = {}) {
  const ofSession: Exchange[] = [];
  const directory = temporaryDirectory();
  let opened = 0;
  const server = await scripted.start({
    ...script,
    post: ({ message, response }) => {
      if (message.method === 'initialize') opened += 1;
      if (message.method !== 'tools/call' || message.params.name !== 'taken') return undefined;
      response.writeHead(202).end();
      return true;
    },
    get: (exchange) => {
      // The first one belongs to the hub's own connection.
      if (opened < 2) return undefined;
      ofSession.push(exchange);
      return get?.(exchange);
    },
  });
  afterTest(server.close);
  register(directory, { id: 'one', port: server.port });
  const hub = startHubHere(directory);
  const agent = new MemoryAgent(hub);
  await agent.initialize();
  await agent.call(1_000, 'instances_connect', { instance_id: 'one' });
  await eventually(() => expect(ofSession.length).toBeGreaterThan(0));
  /** Makes a call. Resolves once the instance has accepted it with 202. */
  const take = async (id: number) => {
    const params = { name: 'taken', arguments: {} };
    agent.send({ jsonrpc: '2.0', id, method: 'tools/call', params });
    await eventually(() => expect(server.of('tools/call')).toHaveLength(1));
  };
  const codeOf = async (id: number) => {
    const { structuredContent } = (await agent.answer(id))['result'];
    return structuredContent.error.code;
  };
  const stillWorks = async () => {
    const { content } = await agent.call(999, 'echo', { text: 'on' });
    expect(content[0].text).toBe('on');
    expect(server.of('tools/call')).toHaveLength(2);
    expect(hub.instances()).toMatchObject([{ state: 'active', retry_count: 0 }]);
  };
  return { agent, server, ofSession, take, codeOf, stillWorks };
}

describe('a call that the instance accepted with 202', () => {
  it('is answered on the standing stream', async () => {
    const { agent, server, take, stillWorks } = await connected();
    await take(1);
    server.say({ jsonrpc: '2.0', id: 1, result: { content: [], said: true } });
    expect((await agent.answer(1))['result']).toEqual({ content: [], said: true });
    await stillWorks();
  });

  it('may be answered on a stream that opens late', async () => {
    const { agent, ofSession, take } = await connected({ get: () => true });
    await take(1);
    ofSession[0]?.stream({ jsonrpc: '2.0', id: 1, result: { content: [], said: true } });
    expect((await agent.answer(1))['result']).toEqual({ content: [], said: true });
  });

  it.each<[string, ({ response }: Exchange) => void]>([
    ['breaks', ({ response }) => response.destroy()],
    ['is closed without an event id', ({ response }) => response.end()],
  ])('fails immediately if that %s, and the session continues', async (_, end) => {
    const { ofSession, take, codeOf, stillWorks } = await connected();
    await take(1);
    for (const each of ofSession) end(each);
    expect(await codeOf(1)).toBe('CONNECTION_LOST');
    await stillWorks();
  });

  it('fails if no standing stream opens', async () => {
    const { ofSession, take, codeOf, stillWorks } = await connected({ get: () => true });
    await take(1);
    ofSession[0]?.response.writeHead(405).end();
    expect(await codeOf(1)).toBe('CONNECTION_LOST');
    await stillWorks();
  });

  it.each<[string, ({ response }: Exchange) => void]>([
    ['closed', ({ response }) => response.end()],
    ['broken', ({ response }) => response.destroy()],
  ])('may be answered after the stream was %s and resumed, even twice', async (_, end) => {
    const after: unknown[] = [];
    const { agent, ofSession, take, stillWorks } = await connected({
      get: ({ request, stream, response }) => {
        const resumed = request.headers['last-event-id'];
        if (resumed === undefined) {
          stream(EVENT);
          return true;
        }
        after.push(resumed);
        if (after.length === 1) {
          stream(': nothing new\n\n');
          response.end();
        } else stream({ jsonrpc: '2.0', id: 1, result: { content: [], resumed: true } });
        return true;
      },
    });
    await take(1);
    for (const each of [...ofSession]) end(each);
    expect((await agent.answer(1))['result']).toEqual({ content: [], resumed: true });
    expect(after).toEqual(['e1', 'e1']);
    await stillWorks();
  });

  it.each([404, 405, 500])('fails if the stream cannot be resumed (%d)', async (status) => {
    const { ofSession, take, codeOf, stillWorks } = await connected({
      session: () => 'first',
      get: ({ request, stream, response }) => {
        if (request.headers['last-event-id'] === undefined) stream(EVENT);
        else response.writeHead(status).end();
        return true;
      },
    });
    await take(1);
    for (const each of [...ofSession]) each.response.end();
    expect(await codeOf(1)).toBe('CONNECTION_LOST');
    await stillWorks();
  });

  it('fails and is not sent again if the instance has forgotten the session', async () => {
    let session = 'first';
    const { agent, server, take, codeOf } = await connected({ session: () => session });
    await take(1);
    session = 'second';
    expect((await agent.call(2, 'echo', { text: 'on' })).content[0].text).toBe('on');
    expect(await codeOf(1)).toBe('CONNECTION_LOST');
    const called = server.of('tools/call').map(({ params }) => params.name);
    expect(called.filter((name) => name === 'taken')).toHaveLength(1);
  });

  it('fails if the instance has ended', async () => {
    const { server, take, codeOf } = await connected();
    await take(1);
    await server.close();
    expect(await codeOf(1)).toBe('CONNECTION_LOST');
  });
});
