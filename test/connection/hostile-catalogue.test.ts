import { describe, expect, it } from '@jest/globals';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { peakOf } from '../helpers/resident.ts';

const MOST = 300;

const CHANGED = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };

const tool = (name: string, size: number) => ({ name, description: 'x'.repeat(size) });

/** Oversized lists. Each gets the number of the requested page. */
const LISTS: Record<string, (page: number) => object[] | string> = {
  'pages of 60 MB': (page) => [tool(`t${page}`, 60_000_000)],
  'pages of 3 MB without end': (page) => [tool(`t${page}`, 3_000_000)],
  'half a million tools': () => `[${'{"name":""},'.repeat(500_000)}{}]`,
  'a million empty objects': () => `[${'{},'.repeat(1_000_000)}{}]`,
  'a million arrays': () => `[${'[],'.repeat(1_000_000)}{}]`,
};

async function hostile(listOf: (page: number) => object[] | string, isBad: () => boolean) {
  const server = await scripted.start({
    capabilities: { tools: {}, resources: {}, prompts: {} },
    post: ({ message, json }) => {
      const [, key] = /^(\w+)\/list$/.exec(message.method ?? '') ?? [];
      if (key === undefined || !isBad()) return undefined;
      const page = Number(message.params.cursor ?? 0);
      const list = listOf(page);
      const text = typeof list === 'string' ? list : JSON.stringify(list);
      const { id } = message;
      json(
        `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"${key}":${text},"nextCursor":"${page + 1}"}}`,
      );
      return true;
    },
  });
  afterTest(server.close);
  const directory = temporaryDirectory();
  register(directory, { id: 'bad', port: server.port });
  const agent = new RawAgent(directory);
  await agent.initialize();
  let last = 0;
  const rowIs = (expected: object) =>
    eventually(async () => {
      last += 1;
      const { structuredContent } = await agent.call(last, 'instances_list');
      expect(structuredContent.instances[0]).toMatchObject(expected);
    });
  return { agent, server, rowIs };
}

const TOO_LARGE = {
  state: 'active',
  last_error: { code: 'ANSWER_TOO_LARGE', message: expect.stringContaining('is listed') },
};

describe('an instance without sessions', () => {
  it.each(Object.entries(LISTS))(
    'may list %s: the hub reports it and uses little memory',
    async (_, list) => {
      const { agent, rowIs } = await hostile(list, () => true);
      await rowIs(TOO_LARGE);
      const { structuredContent } = await agent.call(1_000, 'instances_tools');
      expect(structuredContent.tools.length).toBeLessThanOrEqual(10_000);
      expect(peakOf(agent.child)).toBeLessThan(MOST);
    },
  );

  it.each(Object.entries(LISTS))('may later list %s', async (_, list) => {
    let isBad = false;
    const { agent, server, rowIs } = await hostile(list, () => isBad);
    await rowIs({ state: 'active', last_error: null });
    await eventually(() => expect(server.streams).toHaveLength(1));
    isBad = true;
    server.say(CHANGED);
    await rowIs(TOO_LARGE);
    isBad = false;
    server.say(CHANGED);
    await rowIs({ state: 'active', last_error: null });
    expect(peakOf(agent.child)).toBeLessThan(MOST);
  });

  it('may announce changed lists a thousand times a second', async () => {
    const { agent, server, rowIs } = await hostile(
      () => [tool('t', 3_000_000)],
      () => true,
    );
    await eventually(() => expect(server.streams).toHaveLength(1));
    for (let n = 0; n < 1_000; n += 1) server.say(CHANGED);
    await rowIs(TOO_LARGE);
    const flood = setInterval(() => server.say(CHANGED), 1);
    for (let n = 0; n < 50; n += 1) await agent.call(2_000 + n, 'instances_list');
    clearInterval(flood);
    expect(server.of('tools/list').length).toBeLessThan(20);
    expect(peakOf(agent.child)).toBeLessThan(MOST);
  });

  it('may send 60 MB, or a million objects, on the standing stream', async () => {
    const { agent, server, rowIs } = await hostile(
      () => [],
      () => false,
    );
    await rowIs({ state: 'active' });
    await eventually(() => expect(server.streams).toHaveLength(1));
    server.say({ ...CHANGED, params: { x: 'x'.repeat(60_000_000) } });
    server.say({ ...CHANGED, params: { x: Array.from({ length: 1_000_000 }, () => ({})) } });
    server.say(CHANGED);
    await eventually(() => expect(server.of('tools/list')).toHaveLength(2));
    expect(peakOf(agent.child)).toBeLessThan(MOST);
  });
});
