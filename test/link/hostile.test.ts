import { describe, expect, it } from '@jest/globals';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { RawAgent } from '../helpers/hub-process.ts';
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

/** What a parser takes and `JSON.stringify` doesn't. */
const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('what is nested deeper than a stack', () => {
  it.each([
    ['a result', '{"jsonrpc":"2.0","id":1,"result":{"prompts":[],"_meta":DEEP}}', 100_000],
    ['an error without id', '{"jsonrpc":"2.0","id":null,"error":{"data":DEEP}}', 100_000],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"result":DEEP}]', 100_000],
    ['an id', '{"jsonrpc":"2.0","id":DEEP,"method":"roots/list"}', 7_000],
  ])('is an answer to the agent when it comes as %s', async (_, body, depth) => {
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
      json(`{"jsonrpc":"2.0","id":${message.id},"result":${deep(7_000)}}`);
      return true;
    });
    agent.send(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"deep","arguments":${deep(7_000)}}}`,
    );
    expect(Array.isArray((await agent.answer(1))['result'])).toBe(true);
  });

  it('is refused as an id of the agent, and the next line is served', async () => {
    const { agent } = await connected(() => undefined);
    agent.send(`{"jsonrpc":"2.0","id":${deep(7_000)},"method":"ping"}`);
    expect((await agent.next(({ id }) => id === null))['error'].code).toBe(-32600);
    agent.send({ jsonrpc: '2.0', id: 1, method: 'ping' });
    expect((await agent.answer(1))['result']).toEqual({});
  });
});

it('a subscription to what is no URI is the instance’s to answer', async () => {
  const { agent } = await connected(() => undefined);
  agent.send({ jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri: { a: 1 } } });
  expect((await agent.answer(1))['error'].code).toBe(-32601);
  agent.send(
    '{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":{"toString":1}}}',
  );
  expect((await agent.answer(2))['error'].code).toBe(-32601);
});
