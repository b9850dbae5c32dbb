import { brotliCompressSync, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

type Script = NonNullable<Parameters<typeof scripted.start>[0]>;

async function connected(post: NonNullable<Script['post']>) {
  const directory = temporaryDirectory();
  const server = await scripted.start({ capabilities: { tools: {}, prompts: {} }, post });
  afterTest(server.close);
  register(directory, { id: 'one', port: server.port });
  const agent = new RawAgent(directory);
  await agent.initialize();
  await agent.call(1_000, 'instances_connect', { instance_id: 'one' });
  return { agent, server };
}

/** The depth that a parser accepts but `JSON.stringify` doesn't. */
const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('a deeply nested message', () => {
  it.each([
    ['a result', '{"jsonrpc":"2.0","id":1,"result":{"prompts":[],"_meta":DEEP}}', 100_000],
    ['an error without id', '{"jsonrpc":"2.0","id":null,"error":{"data":DEEP}}', 100_000],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"result":DEEP}]', 100_000],
    ['an id', '{"jsonrpc":"2.0","id":DEEP,"method":"roots/list"}', 7_000],
  ])('is answered if it comes as %s', async (_, body, depth) => {
    const { agent } = await connected(({ message, json }) => {
      if (message.id !== 1) return undefined;
      json(body.replace('DEEP', deep(depth)));
      return true;
    });
    agent.send({ jsonrpc: '2.0', id: 1, method: 'prompts/list' });
    const answer = await agent.answer(1);
    expect('result' in answer || 'error' in answer).toBe(true);
    expect((await agent.call(2, 'echo', { text: 'on' })).content[0].text).toBe('on');
  });

  it('crosses as text', async () => {
    const { agent } = await connected(({ message, json }) => {
      if (message.method !== 'tools/call' || message.params.name !== 'deep') return undefined;
      json(`{"jsonrpc":"2.0","id":${message.id},"result":{"content":[],"deep":${deep(7_000)}}}`);
      return true;
    });
    agent.send(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"deep","arguments":${deep(7_000)}}}`,
    );
    expect(Array.isArray((await agent.answer(1))['result'].deep)).toBe(true);
  });

  it('is refused as an id from the agent, and the next line is served', async () => {
    const { agent } = await connected(() => undefined);
    agent.send(`{"jsonrpc":"2.0","id":${deep(7_000)},"method":"ping"}`);
    expect((await agent.next(({ id }) => id === null))['error'].code).toBe(-32600);
    agent.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect((await agent.answer(1))['result']).toEqual({});
  });
});

it('an invalid subscription URI is answered by the instance', async () => {
  const { agent } = await connected(() => undefined);
  agent.send({ jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri: { a: 1 } } });
  expect((await agent.answer(1))['error'].code).toBe(-32601);
  agent.send(
    '{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":{"toString":1}}}',
  );
  expect((await agent.answer(2))['error'].code).toBe(-32601);
});

describe('an unusual response body', () => {
  const result = { content: [{ type: 'text', text: 'x'.repeat(1_000) }] };

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is read if it is compressed with %s unasked', async (encoding, encode) => {
    const { agent } = await connected(({ message, response }) => {
      if (message.method !== 'tools/call' || message.params.name !== 'encoded') return undefined;
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
      response.writeHead(200, headers);
      response.end(encode(JSON.stringify({ jsonrpc: '2.0', id: message.id, result })));
      return true;
    });
    expect(await agent.call(1, 'encoded')).toEqual(result);
  });

  it('is read from a compressed stream before that ends, and fails if that breaks', async () => {
    const { agent } = await connected(({ message, response }) => {
      if (message.method !== 'tools/call' || message.params.name === 'echo') return undefined;
      const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' };
      response.writeHead(200, headers);
      const gzip = createGzip();
      gzip.pipe(response);
      const isBroken = message.params.name === 'broken';
      gzip.write(
        isBroken
          ? ': working\n\n'
          : `data: ${JSON.stringify({ jsonrpc: '2.0', id: message.id, result })}\n\n`,
      );
      gzip.flush(() => {
        if (isBroken) response.write('this is not gzip');
      });
      return true;
    });
    expect(await agent.call(1, 'whole')).toEqual(result);
    const { structuredContent } = await agent.call(2, 'broken');
    expect(structuredContent.error.code).toBe('CONNECTION_LOST');
    expect((await agent.call(3, 'echo', { text: 'on' })).content[0].text).toBe('on');
  });

  it('may start with a byte-order mark; an empty one is an error, even with a standing stream', async () => {
    const { agent } = await connected(({ message, json }) => {
      if (message.method !== 'tools/call') return undefined;
      const answer = JSON.stringify({ jsonrpc: '2.0', id: message.id, result });
      json(message.params.name === 'marked' ? `\ufeff${answer}` : '');
      return true;
    });
    expect(await agent.call(1, 'marked')).toEqual(result);
    expect((await agent.call(2, 'empty')).structuredContent.error.code).toBe('CONNECTION_LOST');
  });
});

it('a stream that stays open after its answer is closed', async () => {
  const { agent, server } = await connected(({ message, stream }) => {
    if (message.method !== 'tools/call') return undefined;
    stream({ jsonrpc: '2.0', id: message.id, result: { content: [] } });
    return true;
  });
  const before = server.sockets();
  for (let id = 1; id <= 20; id += 1) await agent.call(id, 'open');
  await eventually(() => expect(server.sockets()).toBeLessThanOrEqual(before));
});

it('a tool with an invalid name hides no other tool', async () => {
  const { agent } = await connected(({ message, json }) => {
    if (message.method !== 'tools/list') return undefined;
    const tools = [{ name: { toString: 1 }, description: { toString: 1 } }, { name: 'other' }];
    json({ jsonrpc: '2.0', id: message.id, result: { tools } });
    return true;
  });
  const { structuredContent } = await agent.call(1, 'instances_tools', { query: 'other' });
  expect(structuredContent.tools).toEqual([{ name: 'other', instance_id: 'one' }]);
});
