import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Inbox } from '../../src/server/inbox.ts';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { peakOf } from '../helpers/resident.ts';

const MOST = 300;

const call = (id: unknown, name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

/** Requests that make the hub write more than the agent sends. */
const REQUESTS: Record<string, (id: number) => object | string> = {
  instances_list: (id) => call(id, 'instances_list'),
  instances_health: (id) => call(id, 'instances_health'),
  'tools/list': (id) => ({ jsonrpc: '2.0', id, method: 'tools/list' }),
  'resources/list': (id) => ({ jsonrpc: '2.0', id, method: 'resources/list' }),
  'resources/read': (id) => ({
    jsonrpc: '2.0',
    id,
    method: 'resources/read',
    params: { uri: 'signalbox://instances' },
  }),
  'unknown instances': (id) => call(id, 'instances_connect', { instance_id: 'x'.repeat(1_000) }),
  pings: (id) => ({ jsonrpc: '2.0', id, method: 'ping' }),
  'invalid lines': () => 'garbage',
};

/** An agent of a hub with many instances, none of which answers. */
async function crowded() {
  const directory = temporaryDirectory();
  for (let n = 0; n < 200; n += 1) register(directory, { id: `web-${n}`, port: 1 });
  const agent = new RawAgent(directory, ['--log-level', 'silent']);
  await agent.initialize();
  await agent.call(0, 'instances_list');
  return agent;
}

/** Sends as much as the hub reads, at most `most` lines. Returns how many lines were sent. */
async function flood(agent: RawAgent, most: number, lineOf: (id: number) => object | string) {
  const { stdin } = agent.child;
  let sent = 0;
  while (sent < most) {
    const lines = Array.from({ length: Math.min(500, most - sent) }, (_, n) =>
      lineOf(sent + n + 1),
    );
    sent += lines.length;
    agent.send(...lines);
    if (stdin?.writableNeedDrain !== true) continue;
    const isTaken = once(stdin, 'drain').then(() => true);
    const isLate = new Promise<false>((resolve) => setTimeout(() => resolve(false), 1_000));
    if (!(await Promise.race([isTaken, isLate]))) break;
  }
  return sent;
}

describe('an agent that does not read', () => {
  it.each(Object.entries(REQUESTS))(
    'may send any number of %s',
    async (_, requestOf) => {
      const agent = await crowded();
      agent.child.stdout?.pause();
      const sent = await flood(agent, 200_000, requestOf);
      expect(peakOf(agent.child)).toBeLessThan(MOST);
      agent.child.stdout?.resume();
      // The hub continues as soon as the agent reads.
      if (requestOf(1) !== 'garbage') await agent.answer(Math.min(sent, 200));
    },
    30_000,
  );

  it('can cancel its requests: the instance is notified, and waiting requests are never sent', async () => {
    const directory = temporaryDirectory();
    const server = await scripted.start();
    afterTest(server.close);
    register(directory, { id: 'one', port: server.port });
    const agent = new RawAgent(directory);
    await agent.initialize();
    await agent.call(0, 'instances_connect', { instance_id: 'one' });
    agent.send(call('under way', 'slow', { ms: 60_000 }));
    await eventually(() => expect(server.of('tools/call')).toHaveLength(1));

    agent.child.stdout?.pause();
    for (let id = 1; id <= 2_000; id += 1) agent.send({ jsonrpc: '2.0', id, method: 'tools/list' });
    agent.send(call('waits', 'count', { key: 'waits' }));
    const cancel = (requestId: string) => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId },
    });
    agent.send(cancel('under way'), cancel('waits'), call('last', 'count', { key: 'last' }));
    await eventually(() => expect(server.of('notifications/cancelled')).toHaveLength(1));
    expect(server.of('tools/call')).toHaveLength(1);

    agent.child.stdout?.resume();
    await agent.answer('last');
    expect(server.of('tools/call').map(({ params }) => params.arguments.key)).toEqual([
      undefined,
      'last',
    ]);
    const answered = agent.frames.map(({ id }) => id);
    expect(answered).not.toContain('waits');
    expect(answered).not.toContain('under way');
    for (let id = 1; id <= 2_000; id += 1) await agent.answer(id);
  }, 20_000);
});

describe('an agent', () => {
  it.each([
    ['objects', '{},'],
    ['arrays', '[],'],
    ['numbers', '1,'],
  ])(
    'may send a line of 60 MB of %s',
    async (_, what) => {
      const agent = new RawAgent(temporaryDirectory());
      await agent.initialize();
      const many = what.repeat(60_000_000 / what.length).slice(0, -1);
      agent.send(`[${many}]`);
      agent.send(
        `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"instances_list","x":[${many}]}}`,
      );
      agent.send({ jsonrpc: '2.0', id: 2, method: 'ping' });
      await agent.answer(2);
      expect(
        agent.frames.some(({ error }) => error?.code === -32700 || error?.code === -32600),
      ).toBe(true);
      await agent.answer(1);
      expect(peakOf(agent.child)).toBeLessThan(500);
    },
    30_000,
  );
});

describe('the inbox', () => {
  it('returns frames in order, without cancelled ones, and counts their size', () => {
    const step = fc.oneof(
      fc.constant('take' as const),
      fc.integer({ min: 0, max: 30 }),
      fc.record({ cancel: fc.integer({ min: 0, max: 30 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3_000 }), (steps) => {
        const inbox = new Inbox();
        let model: { id: number; frame: string }[] = [];
        let last = 0;
        for (const each of steps) {
          if (each === 'take') {
            expect(inbox.take()).toBe(model.shift()?.frame ?? null);
          } else if (typeof each === 'number') {
            if (model.some(({ id }) => id === each)) continue;
            last += 1;
            model.push({ id: each, frame: `frame ${last}` });
            inbox.add(`frame ${last}`, String(each));
          } else {
            const waits = model.some(({ id }) => id === each.cancel);
            expect(inbox.cancel(String(each.cancel))).toBe(waits);
            model = model.filter(({ id }) => id !== each.cancel);
          }
        }
        for (const { frame } of model) expect(inbox.take()).toBe(frame);
        expect(inbox.take()).toBeNull();
        expect(inbox.isEmpty).toBe(true);
      }),
    );
  });
});
