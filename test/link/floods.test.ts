import { describe, expect, it } from '@jest/globals';
import { BUDGETS } from '../../src/budgets.ts';
import { ServerRequests } from '../../src/link/server-requests.ts';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { answering } from '../helpers/raw-answers.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

type Script = NonNullable<Parameters<typeof scripted.start>[0]>;

async function connected(script: Script = {}, here = true) {
  const directory = temporaryDirectory();
  const server = await scripted.start(script);
  afterTest(server.close);
  register(directory, { id: 'one', port: server.port });
  const agent = here ? new MemoryAgent(startHubHere(directory)) : new RawAgent(directory);
  await agent.initialize({ elicitation: {} });
  await agent.call(1_000, 'instances_wait', { instance_id: 'one' });
  await agent.call(1_001, 'instances_connect', { instance_id: 'one' });
  await eventually(() => expect(server.streams.length).toBeGreaterThan(1));
  return { agent, server };
}

const deep = (depth: number, core: string) => '['.repeat(depth) + core + ']'.repeat(depth);

describe('a batch', () => {
  it.each([
    ['of batches', deep(990, `"${'x'.repeat(9_000_000)}"`)],
    ['of numbers', `[${'1,'.repeat(4_000_000)}1]`],
    ['of empty objects', `[${'{},'.repeat(3_000_000)}{}]`],
    ['of one batch', '[[{"jsonrpc":"2.0","id":ID,"result":{}}]]'],
  ])('%s is an error for its call, and the hub keeps running', async (_, body) => {
    const { agent, ask } = await answering();
    for (const transport of ['json', 'stream'] as const) {
      const answer = await ask((id) => body.replace('ID', String(id)), transport);
      expect(answer['result'].structuredContent.error.code).toBe('CONNECTION_LOST');
      expect((await agent.call(2_000, 'echo', { text: 'on' })).content[0].text).toBe('on');
      agent.frames.length = 0;
    }
  });

  it('that is too large ends its call on an open stream, but heartbeats do not', async () => {
    const { agent } = await connected({
      post: ({ message, stream }) => {
        if (message.params?.name !== 'open') return undefined;
        stream('data: ping\n\ndata: [ping]\n\ndata: 0\n\n', ': a comment\n\n');
        if (message.id === 1) stream(`data: [${'1,'.repeat(5_000)}1]\n\n`);
        else stream({ jsonrpc: '2.0', id: message.id, result: { content: [] } });
        return true;
      },
    });
    expect((await agent.call(1, 'open')).structuredContent.error.code).toBe('CONNECTION_LOST');
    expect(await agent.call(2, 'open')).toEqual({ content: [] });
  });

  it('within the budget is handled as its messages, in order', async () => {
    const { agent, ask } = await answering();
    const most = BUDGETS.batchMessages.value;
    const told = Array.from(
      { length: most - 1 },
      (_, n) => `{"jsonrpc":"2.0","method":"notifications/n","params":{"n":${n}}}`,
    );
    const answered = await ask(
      (id) => `[${told.join(', ')},{"jsonrpc":"2.0","id":${id},"result":{"content":[]}} ]`,
    );
    expect(answered['result']).toEqual({ content: [] });
    const seen = agent.frames.filter(({ method }) => method === 'notifications/n');
    expect(seen.map(({ params }) => params.n)).toEqual(told.map((_, n) => n));
  });
});

describe('an instance that sends requests to the agent', () => {
  const ask = (id: number) => ({ jsonrpc: '2.0', id, method: 'elicitation/create', params: {} });

  it('can have a limited number open, gets errors for more, and can send more once one is answered', async () => {
    const { agent, server } = await connected();
    const most = BUDGETS.openQuestions.value;
    for (let id = 1; id <= most + 5; id += 1)
      server.streams[1]?.write(`data: ${JSON.stringify(ask(id))}\n\n`);
    const refused = () => server.messages.filter(({ error }) => error !== undefined);
    await eventually(() =>
      expect(refused().map(({ id }) => id)).toEqual([1, 2, 3, 4, 5].map((n) => most + n)),
    );
    const asked = () => agent.frames.filter(({ method }) => method === 'elicitation/create');
    expect(asked()).toHaveLength(most);
    agent.send({ jsonrpc: '2.0', id: asked()[0]?.['id'], result: { action: 'decline' } });
    server.streams[1]?.write(`data: ${JSON.stringify(ask(9_999))}\n\n`);
    await eventually(() => expect(asked()).toHaveLength(most + 1));
  });

  it('causes constant-time lookups, however many requests are open', () => {
    const book = new ServerRequests();
    const [one, two] = [{ answered: () => {} }, { answered: () => {} }];
    const ids = Array.from({ length: 200_000 }, (_, n) =>
      book.add(n % 2 === 0 ? one : two, String(n)),
    );
    const unknown = Array.from({ length: 200_000 }, (_, n) => book.withdraw(one, `unknown-${n}`));
    expect(unknown.every((id) => id === undefined)).toBe(true);
    expect(book.withdraw(two, '0')).toBeUndefined();
    expect(book.withdraw(one, '0')).toBe(ids[0]);
    expect(book.take(ids[2] ?? '')).toEqual({ asker: one, rawId: '2' });
    expect(book.withdraw(one, '2')).toBeUndefined();
    expect(book.withdrawAll(one)).toHaveLength(99_998);
    expect(book.openOf(one)).toBe(0);
    expect(book.openOf(two)).toBe(100_000);
  });

  it('and does not read the answers uses few sockets of the hub, and cancellations still get through', async () => {
    let hangs = 0;
    const { agent, server } = await connected({
      post: ({ message }) => {
        if (message.params?.name === 'hang') return true;
        // Answers to requests are never read.
        if ('method' in message) return undefined;
        hangs += 1;
        return true;
      },
    });
    agent.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hang' } });
    await eventually(() => expect(server.of('tools/call')).toHaveLength(1));
    const before = server.sockets();
    const pings = Array.from(
      { length: 20_000 },
      (_, n) => `data: {"jsonrpc":"2.0","id":${n},"method":"ping"}\n\n`,
    );
    for (const stream of server.streams) stream.write(pings.join(''));
    await eventually(() => expect(hangs).toBe(2 * BUDGETS.repliesUnderWay.value));
    expect((await agent.call(2, 'echo', { text: 'on' })).content[0].text).toBe('on');
    expect(server.sockets() - before).toBeLessThanOrEqual(2 * BUDGETS.controlSockets.value);
    agent.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await eventually(() => expect(server.of('notifications/cancelled')).toHaveLength(1));
    expect(hangs).toBe(2 * BUDGETS.repliesUnderWay.value);
  });
});

it('calls over the limit wait in order and can be cancelled', async () => {
  const open: { id: number; json(body: unknown): void }[] = [];
  const { agent, server } = await connected({
    post: ({ message, json }) => {
      if (message.params?.name !== 'hang') return undefined;
      open.push({ id: message.id, json });
      return true;
    },
  });
  const most = BUDGETS.callsUnderWay.value;
  const count = most + 10;
  for (let id = 1; id <= count; id += 1) {
    agent.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hang' } });
  }
  await eventually(() => expect(open).toHaveLength(most));
  const cancel = (requestId: number) =>
    agent.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  // A waiting call: the instance never sees it.
  cancel(most + 1);
  // A call in flight: the instance is notified, and the next call is sent.
  cancel(1);
  await eventually(() => expect(server.of('notifications/cancelled')).toHaveLength(1));
  await eventually(() => expect(open.at(-1)?.id).toBe(most + 2));
  while (agent.frames.filter(({ result }) => result?.said).length < count - 2) {
    for (const { id, json } of open.splice(0))
      json({ jsonrpc: '2.0', id, result: { content: [], said: true } });
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(
    agent.frames.some(({ id, method }) => method === undefined && (id === 1 || id === most + 1)),
  ).toBe(false);
});

describe('an event stream', () => {
  it('with a new event id each time it ends is resumed with growing delays', async () => {
    const resumed: number[] = [];
    const { agent } = await connected({
      post: ({ message, stream, response }) => {
        if (message.params?.name !== 'endless') return undefined;
        stream('id: e0\nretry: 0\ndata:\n\n');
        response.end();
        return true;
      },
      get: ({ request, stream, response }) => {
        const after = request.headers['last-event-id'];
        if (after === undefined) return undefined;
        resumed.push(performance.now());
        if (resumed.length < 4) stream(`id: e${resumed.length}\nretry: 0\ndata:\n\n`);
        else stream({ jsonrpc: '2.0', id: 1, result: { content: [] } });
        response.end();
        return true;
      },
    });
    expect(await agent.call(1, 'endless')).toEqual({ content: [] });
    const waits = resumed.slice(1).map((at, n) => at - (resumed[n] ?? 0));
    // Timers can be early by at most their resolution.
    for (const [n, wait] of waits.entries()) expect(wait).toBeGreaterThan(100 * 2 ** (n + 1) - 5);
  });

  it('is not resumed by an event id that is too long for a header', async () => {
    const after: unknown[] = [];
    const { agent } = await connected({
      post: ({ message, stream, response }) => {
        if (message.params?.name !== 'long') return undefined;
        stream(`id: e0\ndata:\n\nid: ${'x'.repeat(5_000_000)}\ndata:\n\n`);
        response.end();
        return true;
      },
      get: ({ request }) => {
        const id = request.headers['last-event-id'];
        if (id !== undefined) after.push(id);
        return undefined;
      },
    });
    expect((await agent.call(1, 'long')).structuredContent.error.code).toBe('CONNECTION_LOST');
    expect(after).toEqual([]);
  });
});

describe('an error of the instance', () => {
  it.each([
    ['application/json', '{"jsonrpc":"2.0","id":null,"error":ERROR}'],
    ['application/json', '{"jsonrpc":"2.0","error":ERROR}\n'],
    ['text/plain; charset=utf-8', '{"jsonrpc":"2.0","id":1,"error":ERROR}'],
    ['application/json', '[{"jsonrpc":"2.0","id":1,"error":ERROR}]'],
    ['text/event-stream', 'event: message\ndata: {"jsonrpc":"2.0","id":1,"error":ERROR}\n\n'],
  ])('with HTTP 400 and a JSON-RPC error reaches the agent (%s: %s)', async (type, body) => {
    const error = { code: -32602, message: 'no such prompt', data: { a: [1] } };
    const { agent } = await connected({
      post: ({ message, response }) => {
        if (message.method !== 'prompts/get') return undefined;
        response.writeHead(400, { 'content-type': type });
        response.end(body.replace('ERROR', JSON.stringify(error)));
        return true;
      },
    });
    agent.send({ jsonrpc: '2.0', id: 1, method: 'prompts/get', params: { name: 'x' } });
    expect((await agent.answer(1))['error']).toEqual(error);
  });

  it('reaches the agent for a log level, too', async () => {
    const { agent, server } = await connected();
    const set = { jsonrpc: '2.0', id: 1, method: 'logging/setLevel', params: { level: 'error' } };
    agent.send(set);
    expect((await agent.answer(1))['error'].code).toBe(-32601);
    expect(server.of('logging/setLevel')).toEqual([set]);
  });
});
