import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { bodyOf } from '../fixtures/listen.mjs';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const MIB = 2 ** 20;

/** The value of `count` once it has changed and then stayed the same 20 times in a row. */
async function steady(count: () => number): Promise<number> {
  let seen: number[] = [];
  await eventually(() => {
    seen = [...seen, count()].slice(-20);
    expect(count()).toBeGreaterThan(0);
    expect(seen).toEqual(Array(20).fill(count()));
  });
  return count();
}

describe('backpressure', () => {
  it('slows down an agent that sends faster than the instance reads, without losing anything', async () => {
    const taken: { request: IncomingMessage; response: ServerResponse }[] = [];
    let isOpen = false;
    const answer = async ({ request, response }: (typeof taken)[number]) => {
      const { id, params } = JSON.parse(await bodyOf(request));
      const result = { content: [{ type: 'text', text: `${params.arguments.text.length}` }] };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    };
    const directory = temporaryDirectory();
    const server = await scripted.start({
      raw: (request, response) => {
        if (Number(request.headers['content-length'] ?? 0) < MIB) return false;
        taken.push({ request, response });
        if (isOpen) void answer({ request, response });
        return true;
      },
    });
    afterTest(server.close);
    register(directory, { id: 'one', port: server.port });
    const agent = new RawAgent(directory);
    await agent.initialize();
    await agent.call(1_000, 'instances_connect', { instance_id: 'one' });

    const text = 'x'.repeat(8 * MIB);
    const ids = Array.from({ length: 16 }, (_, id) => id);
    for (const id of ids) {
      const params = { name: 'take', arguments: { text } };
      agent.send({ jsonrpc: '2.0', id, method: 'tools/call', params });
    }
    expect(await steady(() => taken.length)).toBeLessThan(8);
    expect(agent.child.stdin?.writableLength).toBeGreaterThan(0);

    isOpen = true;
    for (const each of taken.slice()) void answer(each);
    for (const id of ids) {
      expect((await agent.answer(id))['result'].content[0].text).toBe(`${text.length}`);
    }
  });

  it('slows down an instance that streams faster than the agent reads, without losing anything', async () => {
    const data = 'x'.repeat(MIB);
    const count = 200;
    let sent = 0;
    const directory = temporaryDirectory();
    const server = await scripted.start({
      post: async ({ message, response, stream }) => {
        if (message.method !== 'tools/call') return undefined;
        for (sent = 0; sent < count; sent += 1) {
          stream({
            jsonrpc: '2.0',
            method: 'notifications/message',
            params: { level: 'info', data },
          });
          if (response.writableNeedDrain) await once(response, 'drain');
        }
        stream({ jsonrpc: '2.0', id: message.id, result: { content: [] } });
        response.end();
        return true;
      },
    });
    afterTest(server.close);
    register(directory, { id: 'one', port: server.port });
    const agent = new RawAgent(directory);
    await agent.initialize();
    await agent.call(1_000, 'instances_connect', { instance_id: 'one' });

    agent.child.stdout?.pause();
    const params = { name: 'flood', arguments: {} };
    agent.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    expect(await steady(() => sent)).toBeLessThan(50);

    agent.child.stdout?.resume();
    await agent.answer(1);
    const said = agent.frames.filter(({ params }) => params?.data?.length === data.length);
    expect(said).toHaveLength(count);
  });
});
