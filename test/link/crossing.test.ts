import { describe, expect, it } from '@jest/globals';
import * as scripted from '../fixtures/scripted.mjs';
import * as sdkStateful from '../fixtures/sdk-stateful.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import type { Frame } from '../helpers/frame-agent.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

type Script = NonNullable<Parameters<typeof scripted.start>[0]>;

/** An agent connected to a scripted server. */
async function connected(script: Script = {}, args: string[] = [], capabilities: object = {}) {
  const directory = temporaryDirectory();
  const server = await scripted.start(script);
  afterTest(server.close);
  const file = register(directory, { id: 'one', port: server.port });
  const agent = new RawAgent(directory, args);
  await agent.initialize(capabilities);
  await agent.call(1_000, 'instances_connect', { instance_id: 'one' });
  return { agent, server, directory, file };
}

const call = (id: number | string, args: object = {}, name = 'echo') => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

const isCall = ({ method }: Frame) => method === 'tools/call';

describe('between agent and instance', () => {
  it.each([0, -1, 7, 9_007_199_254_740_991, 'text', '', '1', 'ünïcode "quoted"'])(
    'request id %j comes back unchanged',
    async (id) => {
      const { agent, server } = await connected();
      agent.send(call(id, { text: 'x' }));
      const answer = await agent.answer(id);
      expect(answer['result'].content[0].text).toBe('x');
      expect(server.of('tools/call')[0].id).toBe(id);
    },
  );

  it('messages cross unchanged: unknown fields and methods, numbers, errors with data', async () => {
    const raw =
      '{"jsonrpc":"2.0","id":5,"result":{"big":12345678901234567890,"f":1.0,"_meta":{"x/y":[]},"unknown":null}}';
    const { agent, server } = await connected({
      post: ({ message, json }) => {
        if (message.method === 'made/up') json(raw);
        else if (message.method === 'bad') {
          json({
            jsonrpc: '2.0',
            id: message.id,
            error: { code: -31999, message: 'MCP error', data: { a: [1] } },
          });
        } else return undefined;
        return true;
      },
    });
    let line = '';
    agent.child.stdout?.on('data', (chunk) => {
      line += chunk;
    });
    agent.send({
      jsonrpc: '2.0',
      id: 5,
      method: 'made/up',
      params: { _meta: { a: 1 }, more: [null] },
      extra: true,
    });
    await agent.answer(5);
    expect(line).toBe(`${raw}\n`);
    expect(server.of('made/up')[0]).toEqual({
      jsonrpc: '2.0',
      id: 5,
      method: 'made/up',
      params: { _meta: { a: 1 }, more: [null] },
      extra: true,
    });
    agent.send({ jsonrpc: '2.0', id: 6, method: 'bad' });
    expect((await agent.answer(6))['error']).toEqual({
      code: -31999,
      message: 'MCP error',
      data: { a: [1] },
    });
  });

  it("messages cross unchanged in lists next to the hub's own items, and in arguments of instances_call", async () => {
    const tool =
      '{ "name":"big","inputSchema":{"maximum":18446744073709551615,"default":1.0},"__proto__":{}}';
    const bodies: string[] = [];
    const { agent } = await connected({
      raw: (request) => {
        request.on('data', (chunk) => bodies.push(String(chunk)));
        return false;
      },
      post: ({ message, json }) => {
        if (message.method !== 'tools/list') return undefined;
        const items = message.params?.cursor === 'empty' ? '[ ]' : `[${tool}]`;
        json(
          `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":{"tools": ${items},"n":1e400}}`,
        );
        return true;
      },
    });
    let line = '';
    agent.child.stdout?.on('data', (chunk) => {
      line += chunk;
    });
    agent.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect((await agent.answer(1))['result'].tools).toHaveLength(9);
    expect(line).toMatch(/"tools": \[\{"name":"instances_list",/);
    expect(line).toContain(`,${tool}],"n":1e400}}`);
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: { cursor: 'empty' } });
    expect((await agent.answer(2))['result'].tools).toEqual([]);
    const given = '{"text":"x","n":12345678901234567890,"f":1.0}';
    agent.send(
      `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"instances_call","arguments":{"tool":"echo","arguments":${given}},"_meta":{"progressToken":0}}}`,
    );
    await agent.answer(3);
    expect(bodies).toContain(
      `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"_meta":{"progressToken":0},"name":"echo","arguments":${given}}}`,
    );
  });

  it('pretty-printed JSON is put on one line', async () => {
    const { agent } = await connected({
      post: ({ message, stream, response }) => {
        if (!isCall(message)) return undefined;
        const text = JSON.stringify(
          { jsonrpc: '2.0', id: message.id, result: { content: [], a: 'b c' } },
          null,
          2,
        );
        stream(`${text.replace(/^/gm, 'data: ')}\n\n`);
        response.end();
        return true;
      },
    });
    agent.send(call(1));
    expect((await agent.answer(1))['result']).toEqual({ content: [], a: 'b c' });
  });

  it('notifications cross in both directions, known or not', async () => {
    const { agent, server } = await connected();
    await eventually(() => expect(server.streams).toHaveLength(2));
    server.streams[1]?.write(
      'data: {"jsonrpc":"2.0","method":"notifications/made_up","params":{"n":1}}\n\n' +
        'event: heartbeat\ndata: {"jsonrpc":"2.0","method":"notifications/not_this"}\n\n' +
        'data: {"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b"}}\n\n',
    );
    await agent.next(({ method }) => method === 'notifications/resources/updated');
    expect(agent.frames.map(({ method }) => method)).toContain('notifications/made_up');
    expect(agent.frames.map(({ method }) => method)).not.toContain('notifications/not_this');
    agent.send({ jsonrpc: '2.0', method: 'notifications/also_made_up', params: { n: 2 } });
    await eventually(() => expect(server.of('notifications/also_made_up')).toHaveLength(1));
  });

  it('requests from the instance get unique ids, and each answer goes to its request', async () => {
    const { agent, server } = await connected({
      post: ({ message, stream }) => {
        if (!isCall(message)) return undefined;
        stream(
          { jsonrpc: '2.0', id: 0, method: 'sampling/createMessage', params: { n: message.id } },
          { jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: {} },
          { jsonrpc: '2.0', id: 1, method: 'ping' },
        );
        return true;
      },
    });
    agent.send(call(1));
    const sampling = await agent.next(({ method }) => method === 'sampling/createMessage');
    const elicitation = await agent.next(({ method }) => method === 'elicitation/create');
    expect(sampling['params']).toEqual({ n: 1 });
    expect(sampling['id']).not.toBe(elicitation['id']);
    agent.send({ jsonrpc: '2.0', id: elicitation['id'], result: { action: 'accept' } });
    agent.send({ jsonrpc: '2.0', id: sampling['id'], error: { code: -1, message: 'no' } });
    agent.send({ jsonrpc: '2.0', id: sampling['id'], result: 'twice' });
    await eventually(() => {
      const answers = server.messages.filter((message) => !('method' in message));
      expect(answers).toHaveLength(3);
      expect(answers).toEqual(
        expect.arrayContaining([
          { jsonrpc: '2.0', id: 'q', result: { action: 'accept' } },
          { jsonrpc: '2.0', id: 0, error: { code: -1, message: 'no' } },
          { jsonrpc: '2.0', id: 1, result: {} },
        ]),
      );
    });
  });

  it('the instance gets what the agent offered, not what the hub is', async () => {
    const { agent, server } = await connected({}, [], { sampling: {}, experimental: { x: {} } });
    agent.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    const offered = server.of('initialize').map(({ params }) => params);
    expect(offered).toEqual([
      expect.objectContaining({
        clientInfo: expect.objectContaining({ name: 'signalbox' }),
        capabilities: {},
      }),
      {
        protocolVersion: '2025-11-25',
        clientInfo: { name: 'raw-agent', version: '0' },
        capabilities: { sampling: {}, experimental: { x: {} } },
      },
    ]);
  });

  it("pages of a list cross, with the hub's own items only on the first", async () => {
    const { agent } = await connected({
      capabilities: { tools: {}, resources: {}, prompts: {} },
      post: ({ message, json }) => {
        const { method, id, params } = message;
        if (!/^(tools|prompts)\/list$/.test(method)) return undefined;
        const key = method.split('/')[0];
        const page =
          params?.cursor === 'next'
            ? [{ name: 'b' }]
            : [{ name: 'a', x: 1 }, { name: 'instances_list' }];
        const nextCursor = params?.cursor === 'next' ? {} : { nextCursor: 'next' };
        json({ jsonrpc: '2.0', id, result: { [key]: page, ...nextCursor, _meta: { page: true } } });
        return true;
      },
    });
    const list = async (id: number, method: string, params: object) => {
      agent.send({ jsonrpc: '2.0', id, method, params });
      return (await agent.answer(id))['result'];
    };
    const first = await list(1, 'tools/list', {});
    expect(first).toMatchObject({ nextCursor: 'next', _meta: { page: true } });
    expect(first.tools).toHaveLength(9);
    expect(first.tools.at(-1)).toEqual({ name: 'a', x: 1 });
    expect(await list(2, 'tools/list', { cursor: 'next' })).toEqual({
      tools: [{ name: 'b' }],
      _meta: { page: true },
    });
    expect(await list(3, 'prompts/list', {})).toMatchObject({
      prompts: [{ name: 'a' }, { name: 'instances_list' }],
    });
    const resources = await list(4, 'resources/list', {});
    expect(resources.resources.map(({ uri }: Frame) => uri)).toEqual([
      'signalbox://instances',
      'signalbox://instances/one',
      'signalbox://statecharts/hub',
      'signalbox://statecharts/instance',
      'signalbox://statecharts/session',
      'signalbox://statecharts/binding',
    ]);
  });
});

describe('message sizes', () => {
  it('up to 9 MiB for requests and 10 MiB for results are allowed; beyond that, an error names both', async () => {
    const { agent } = await connected();
    const text = 'x'.repeat(9 * 2 ** 20);
    agent.send(call(1, { text }));
    expect((await agent.answer(1))['result'].content[0].text).toHaveLength(text.length);
    agent.send(call(2, { text: 'x'.repeat(10 * 2 ** 20) }));
    const { error } = await agent.answer(2);
    expect(error.data).toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      message: expect.stringContaining('10485760'),
    });
    agent.send(call(3, { text: 'on' }));
    expect((await agent.answer(3))['result'].content[0].text).toBe('on');
  });

  it('include the newline, which an agent has to buffer too', async () => {
    const limit = 64 * 2 ** 10;
    const { agent } = await connected({}, ['--max-message', '64KiB']);
    const shell = JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      result: { content: [{ type: 'text', text: '' }] },
    });
    agent.send(call(1, { text: 'x'.repeat(limit - shell.length - 1) }));
    expect((await agent.answer(1))['result'].content[0].text).toHaveLength(
      limit - shell.length - 1,
    );
    agent.send(call(2, { text: 'x'.repeat(limit - shell.length) }));
    expect((await agent.answer(2))['error'].data.code).toBe('MESSAGE_TOO_LARGE');
  });

  it('are limited for messages that the hub combines from several', async () => {
    const tool = (name: string) => ({ name, description: 'x'.repeat(40_000) });
    const { agent } = await connected(
      {
        post: ({ message, json }) => {
          if (message.method !== 'tools/list') return undefined;
          const isFirst = message.params?.cursor === undefined;
          const result = isFirst
            ? { tools: [tool('a'), tool('instances_list')], nextCursor: 'b' }
            : { tools: [tool('b')] };
          json({ jsonrpc: '2.0', id: message.id, result });
          return true;
        },
      },
      ['--max-message', '128KiB'],
    );
    agent.send(call(1, {}, 'instances_tools'));
    const { error } = await agent.answer(1);
    expect(error.data).toMatchObject({
      code: 'MESSAGE_TOO_LARGE',
      message: expect.stringContaining('131072'),
    });
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
    expect((await agent.answer(2))['result'].tools).toHaveLength(9);
  });
});

describe('progress', () => {
  it('reaches the agent separately before the answer, even if stdin ends meanwhile', async () => {
    const { agent, server } = await connected({
      post: ({ message, stream, response }) => {
        if (!isCall(message)) return undefined;
        const { id, params } = message;
        const progress = { progressToken: params._meta.progressToken, progress: 1 };
        stream(
          { jsonrpc: '2.0', method: 'notifications/progress', params: progress },
          { jsonrpc: '2.0', id, result: { content: [] } },
        );
        response.end();
        return true;
      },
    });
    const chunks: string[] = [];
    agent.child.stdout?.on('data', (chunk) => chunks.push(chunk));
    const { method, params } = call(1);
    agent.send({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: { ...params, _meta: { progressToken: 't' } },
    });
    await eventually(() => expect(server.of('tools/call')).toHaveLength(1));
    agent.child.stdin?.end();
    await agent.answer(1);
    const said = chunks.join('').split('\n').filter(Boolean);
    expect(said.map((line) => JSON.parse(line)['method'] ?? 'answer')).toEqual([
      'notifications/progress',
      'answer',
    ]);
  });

  it('is separated from the answer by more than a turn of the event loop', async () => {
    const directory = temporaryDirectory();
    const server = await sdkStateful.start();
    afterTest(server.close);
    register(directory, { id: 'one', port: server.port });
    const hub = startHubHere(directory);
    const agent = new MemoryAgent(hub);
    await agent.initialize();
    await agent.call(1, 'instances_wait', { instance_id: 'one' });
    await agent.call(2, 'instances_connect', { instance_id: 'one' });
    let turns = 0;
    const count = setInterval(() => {
      turns += 1;
    }, 1);
    afterTest(() => clearInterval(count));
    const at: number[] = [];
    agent.onFrame = () => at.push(turns);
    const params = { name: 'slow', arguments: { ms: 1 }, _meta: { progressToken: 't' } };
    agent.send({ jsonrpc: '2.0', id: 3, method: 'tools/call', params });
    await agent.answer(3);
    expect(at).toHaveLength(2);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(1);
  });
});

describe('a large JSON body', () => {
  const large = 'ü€😀'.repeat(100_000);
  const result = (text: string) => ({ content: [{ type: 'text', text }] });

  it.each([
    ['that begins with its id', (id: number) => ({ jsonrpc: '2.0', id, result: result(large) })],
    ['that ends with its id', (id: number) => ({ result: result(large), jsonrpc: '2.0', id })],
    [
      'in an unusual order',
      (id: number) => ({ id, 'x-more': 1, result: result(large), jsonrpc: '2.0' }),
    ],
    [
      'on many lines',
      (id: number) => JSON.stringify({ jsonrpc: '2.0', id, result: result(large) }, null, 2),
    ],
  ])('%s crosses unchanged between others', async (_, body) => {
    const { agent } = await connected({
      post: ({ message, json }) => {
        if (!isCall(message) || message.params.name !== 'large') return undefined;
        json(body(message.id));
        return true;
      },
    });
    agent.send(call(1, {}, 'large'), call(2, { text: 'small' }), call(3, {}, 'large'));
    for (const id of [1, 3]) {
      expect((await agent.answer(id))['result'].content[0].text).toBe(large);
    }
    expect((await agent.answer(2))['result'].content[0].text).toBe('small');
  });

  it('with an unknown id is dropped, and the call it answered fails', async () => {
    const { agent } = await connected({
      post: ({ message, json }) => {
        if (!isCall(message)) return undefined;
        json({ jsonrpc: '2.0', id: 'nobody', result: result(large) });
        return true;
      },
    });
    const { structuredContent } = await agent.call(1, 'large');
    expect(structuredContent.error.code).toBe('CONNECTION_LOST');
  });
});

describe('cancellation', () => {
  it('reaches the instance for any id and ends the exchange, and the call is not answered', async () => {
    const closed: number[] = [];
    const { agent, server } = await connected({
      post: ({ message, stream, response }) => {
        if (!isCall(message)) return undefined;
        stream(': working\n\n');
        response.on('close', () => closed.push(message.id));
        return true;
      },
    });
    agent.send(call(0), call(1), call(2));
    await eventually(() => expect(server.of('tools/call')).toHaveLength(3));
    for (const requestId of [0, 2]) {
      agent.send({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId, reason: 'enough' },
      });
    }
    await eventually(() => expect(closed.sort()).toEqual([0, 2]));
    expect(server.of('notifications/cancelled').map(({ params }) => params)).toEqual([
      { requestId: 0, reason: 'enough' },
      { requestId: 2, reason: 'enough' },
    ]);
    const big = '12345678901234567891';
    const sent = server.of('tools/call').length;
    agent.send(`{"jsonrpc":"2.0","id":${big},"method":"tools/call","params":{"name":"x"}}`);
    await eventually(() => expect(server.of('tools/call')).toHaveLength(sent + 1));
    agent.send(
      `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${big}}}`,
    );
    await eventually(() => expect(closed).toHaveLength(3));
    const health = await agent.call(9, 'instances_health', {});
    expect(health.structuredContent.instances[0].calls_in_flight).toBe(1);
    expect(agent.frames.filter(({ id }) => id === 0 || id === 2)).toEqual([]);
  });

  it('of a request from the instance reaches the agent under the id that it knows', async () => {
    const { agent } = await connected({
      post: ({ message, stream }) => {
        if (!isCall(message)) return undefined;
        stream(
          { jsonrpc: '2.0', id: 0, method: 'elicitation/create', params: {} },
          {
            jsonrpc: '2.0',
            method: 'notifications/cancelled',
            params: { requestId: 0, reason: 'late' },
          },
          { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 77 } },
        );
        return true;
      },
    });
    agent.send(call(1));
    const asked = await agent.next(({ method }) => method === 'elicitation/create');
    const cancelled = await agent.next(({ method }) => method === 'notifications/cancelled');
    expect(cancelled['params']).toEqual({ requestId: asked['id'], reason: 'late' });
    await agent.call(2, 'instances_disconnect');
    expect(agent.frames.filter(({ method }) => method === 'notifications/cancelled')).toHaveLength(
      1,
    );
  });

  it('is sent for open requests when the session leaves the instance', async () => {
    const { agent } = await connected({
      post: ({ message, stream }) => {
        if (!isCall(message)) return undefined;
        stream({ jsonrpc: '2.0', id: 0, method: 'elicitation/create', params: {} });
        return true;
      },
    });
    agent.send(call(1));
    const asked = await agent.next(({ method }) => method === 'elicitation/create');
    await agent.call(2, 'instances_disconnect');
    const cancelled = await agent.next(({ method }) => method === 'notifications/cancelled');
    expect(cancelled['params'].requestId).toBe(asked['id']);
    expect((await agent.answer(1))['result'].structuredContent.error.code).toBe('CALL_ABANDONED');
  });
});

describe('recovery', () => {
  it('opens a new session after a 404, restores log level and subscriptions, and resends what was not processed', async () => {
    let current = 'first';
    const { agent, server } = await connected({
      capabilities: { tools: {}, logging: {}, resources: { subscribe: true } },
      session: () => current,
      post: ({ message, json }) => {
        if (
          !['logging/setLevel', 'resources/subscribe', 'resources/unsubscribe'].includes(
            message.method,
          )
        )
          return undefined;
        json({ jsonrpc: '2.0', id: message.id, result: {} });
        return true;
      },
    });
    const request = async (id: number, method: string, params: object) => {
      agent.send({ jsonrpc: '2.0', id, method, params });
      await agent.answer(id);
    };
    await request(1, 'logging/setLevel', { level: 'error' });
    await request(2, 'resources/subscribe', { uri: 'a:1' });
    await request(3, 'resources/subscribe', { uri: 'a:2' });
    await request(4, 'resources/unsubscribe', { uri: 'a:1' });
    current = 'second';
    server.messages.length = 0;
    agent.send(call(5, { key: 'k' }, 'count'), call(6, { key: 'k' }, 'count'));
    const answers = await Promise.all([agent.answer(5), agent.answer(6)]);
    expect(answers.map(({ result }) => result.content[0].text).sort()).toEqual(['1', '2']);
    expect(server.of('logging/setLevel').map(({ params }) => params)).toEqual([{ level: 'error' }]);
    expect(server.of('resources/subscribe').map(({ params }) => params)).toEqual([{ uri: 'a:2' }]);
    const replayed = server.messages.map(({ method }) => method);
    expect(replayed.lastIndexOf('tools/call')).toBeGreaterThan(
      replayed.indexOf('resources/subscribe'),
    );
  });

  it('resends a call after a 404, but only once', async () => {
    const { agent, server } = await connected({
      session: () => 'first',
      post: ({ message, response }) => {
        if (!isCall(message)) return undefined;
        response.writeHead(404).end();
        return true;
      },
    });
    const { structuredContent } = await agent.call(1, 'echo');
    expect(structuredContent.error).toMatchObject({ code: 'INSTANCE_REFUSED' });
    expect(server.of('tools/call')).toHaveLength(2);
  });

  it('resumes a stream that the instance closed after an event id', async () => {
    let resumedAfter: unknown;
    const { agent } = await connected({
      post: ({ message, stream, response }) => {
        if (!isCall(message)) return undefined;
        stream('id: é€1\nretry: 10\ndata:\n\n');
        response.end();
        return true;
      },
      get: ({ request, stream, response }) => {
        if (request.headers['last-event-id'] === undefined) return undefined;
        resumedAfter = request.headers['last-event-id'];
        stream('id: e2\n', { jsonrpc: '2.0', id: 1, result: { content: [], resumed: true } });
        response.end();
        return true;
      },
    });
    agent.send(call(1));
    expect((await agent.answer(1))['result']).toEqual({ content: [], resumed: true });
    expect(Buffer.from(String(resumedAfter), 'latin1').toString()).toBe('é€1');
  });

  it.each([404, 405, 500])(
    'fails a call whose stream cannot be resumed (%d), and never resends it',
    async (status) => {
      const { agent, server } = await connected({
        session: () => 'first',
        post: ({ message, stream, response }) => {
          if (!isCall(message) || message.params.name !== 'taken') return undefined;
          stream('id: e1\nretry: 10\ndata:\n\n');
          response.end();
          return true;
        },
        get: ({ request, response }) => {
          if (request.headers['last-event-id'] === undefined) return undefined;
          response.writeHead(status).end();
          return true;
        },
      });
      const { structuredContent } = await agent.call(1, 'taken');
      expect(structuredContent.error.code).toBe('CONNECTION_LOST');
      expect((await agent.call(2, 'echo', { text: 'on' })).content[0].text).toBe('on');
      const called = server.of('tools/call').map(({ params }) => params.name);
      expect(called).toEqual(['taken', 'echo']);
    },
  );

  it('lists what is known of an instance that has just been lost or is retrying', async () => {
    const { agent, server } = await connected({
      post: ({ message, response }) => {
        if (message.method !== 'tools/list' || typeof message.id !== 'number') return undefined;
        response.destroy();
        return true;
      },
    });
    agent.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const { tools } = (await agent.answer(1))['result'];
    expect(tools.length).toBeGreaterThan(8);
    await server.close();
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: { cursor: null } });
    expect((await agent.answer(2))['result'].tools).toEqual(tools);
    await agent.call(3, 'instances_wait', { instance_id: 'one', state: 'retrying' });
    agent.send({ jsonrpc: '2.0', id: 4, method: 'tools/list' });
    agent.send({ jsonrpc: '2.0', id: 5, method: 'tools/list', params: { cursor: 'next' } });
    expect((await agent.answer(4))['result'].tools).toEqual(tools);
    expect((await agent.answer(5))['result'].tools).toEqual([]);
  });
});

describe('invalid answers', () => {
  const answering = (reply: (exchange: Parameters<NonNullable<Script['post']>>[0]) => void) =>
    connected({
      post: (exchange) => {
        if (!isCall(exchange.message) || exchange.message.params.name === 'echo') return undefined;
        reply(exchange);
        return true;
      },
    });

  it.each<[string, string, Parameters<typeof answering>[0]]>([
    [
      'a stream that ends early',
      'CONNECTION_LOST',
      ({ stream, response }) => {
        stream(': nothing\n\n');
        response.end();
      },
    ],
    [
      'half a frame',
      'CONNECTION_LOST',
      ({ stream, response }) => {
        stream('data: {"jsonrpc":"2.0","id":1,"resu\n\n');
        response.end();
      },
    ],
    ['half a body', 'CONNECTION_LOST', ({ json }) => json('{"jsonrpc":"2.0","id":1,"resu')],
    [
      'a wrong content type',
      'INSTANCE_REFUSED',
      ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hi</p>');
      },
    ],
    [
      'an answer to another request',
      'CONNECTION_LOST',
      ({ json }) => json({ jsonrpc: '2.0', id: 4_711, result: {} }),
    ],
    [
      'nothing',
      'CONNECTION_LOST',
      ({ response }) => {
        response.destroy();
      },
    ],
  ])('%s is one error for its call, and the session continues', async (_, code, reply) => {
    const { agent } = await answering(reply);
    const { structuredContent } = await agent.call(1, 'junk');
    expect(structuredContent.error.code).toBe(code);
    expect((await agent.call(2, 'echo', { text: 'on' })).content[0].text).toBe('on');
  });

  it('of two answers the first counts; an error without an id answers its call', async () => {
    const { agent } = await answering(({ message, stream, response, json }) => {
      if (message.params.name === 'anonymous') {
        json({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'what?' } });
        return;
      }
      const answer = { jsonrpc: '2.0', id: message.id, result: { content: [] } };
      stream(answer, answer);
      response.end();
    });
    await agent.call(1, 'twice');
    agent.send(call(2, {}, 'anonymous'));
    expect((await agent.answer(2))['error']).toEqual({ code: -32700, message: 'what?' });
    expect(agent.frames.filter(({ id }) => id === 1)).toHaveLength(1);
  });
});
