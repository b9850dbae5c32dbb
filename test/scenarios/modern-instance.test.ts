import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { callTool, RawAgent, startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { eventually, startFixture, statsOf } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const QUICK = ['--retry-base', '20ms', '--retry-cap', '50ms', '--revive-interval', '0'];

describe('an instance of SDK 2 with its defaults, without sessions', () => {
  const startRaw = async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-v2');
    register(directory, { id: 'web-1', port: web.port });
    const agent = new RawAgent(directory);
    await agent.initialize();
    await agent.call(1, 'instances_connect', { instance_id: 'web-1' });
    return { agent, web };
  };

  it('is active, lists its tools and answers, including errors', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-v2', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });
    const { client } = await startAgent(directory);

    const { structuredContent } = await callTool(client, 'instances_connect', {
      instance_id: 'web-1',
    });
    expect(structuredContent).toMatchObject({
      instance: { id: 'web-1', state: 'active', last_error: null },
      instructions: 'Instructions of web.',
    });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['instances_list', 'echo', 'add', 'fail', 'steps']),
    );

    expect(textOfAnswer(await callTool(client, 'echo', { text: 'one' }))).toBe('one');
    expect(await callTool(client, 'add', { a: 1, b: 2 })).toMatchObject({
      content: [{ type: 'text', text: '3' }],
      structuredContent: { sum: 3 },
    });
    const failed = await callTool(client, 'fail');
    expect(failed).toMatchObject({ isError: true, content: [{ text: 'it failed' }] });
    await expect(client.readResource({ uri: 'test://broken' })).rejects.toMatchObject({
      code: -32050,
      data: { why: 'test://broken' },
    });
  });

  it('reports progress before the answer and in order', async () => {
    const { agent } = await startRaw();
    const params = { name: 'steps', arguments: { steps: 3 }, _meta: { progressToken: 'p' } };
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params });
    await agent.answer(2);
    const step = (progress: number) => ({
      method: 'notifications/progress',
      params: { progressToken: 'p', progress, total: 3 },
    });
    expect(agent.frames.slice(-4)).toMatchObject([step(1), step(2), step(3), { id: 2 }]);
  });

  it('is notified when a call is cancelled', async () => {
    const { agent, web } = await startRaw();
    const params = { name: 'hang', arguments: {}, _meta: { progressToken: 'p' } };
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params });
    await agent.next(({ method }) => method === 'notifications/progress');
    agent.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
    await eventually(async () => expect((await statsOf(web)).cancelled).toBe(1));
    expect((await agent.call(3, 'echo', { text: 'x' })).content[0].text).toBe('x');
    expect(agent.frames.some(({ id }) => id === 2)).toBe(false);
  });

  it('is noticed when it dies without a standing stream, and is used again when it is back', async () => {
    const directory = temporaryDirectory();
    const first = await startFixture('sdk-v2');
    register(directory, { id: 'web-1', port: first.port });
    const agent = await startAgent(directory, { args: ['--ping-interval', '100ms'] });
    await callTool(agent.client, 'instances_connect', { instance_id: 'web-1' });
    const { pid } = JSON.parse(textOfAnswer(await callTool(agent.client, 'whoami')));
    expect(pid).toBe(first.pid);

    await first.kill();
    await callTool(agent.client, 'instances_wait', { instance_id: 'web-1', state: 'retrying' });
    const second = await startFixture('sdk-v2', { port: first.port, extra: 'more' });
    const who = JSON.parse(textOfAnswer(await callTool(agent.client, 'whoami')));
    expect(who.pid).toBe(second.pid);
    await callTool(agent.client, 'instances_wait', { instance_id: 'web-1' });
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).toContain('more');
    expect((await statsOf(second)).methods['tools/call']).toBe(1);
  });
});

describe('an instance that speaks only 2026-07-28', () => {
  const rows = z.object({
    instances: z.tuple([
      z.looseObject({ state: z.string(), retry_count: z.number(), last_error: z.unknown() }),
    ]),
  });

  it('has this in its last_error, and is asked once per attempt', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-v2', { modern: 'true' });
    register(directory, { id: 'web-1', port: web.port });
    const { client } = await startAgent(directory, { args: [...QUICK, '--max-retries', '3'] });

    await callTool(client, 'instances_wait', { instance_id: 'web-1', state: 'dead' });
    const listed = await callTool(client, 'instances_list');
    expect(rows.parse(listed.structuredContent).instances[0]).toMatchObject({
      state: 'dead',
      last_error: {
        code: 'UNSUPPORTED_VERSION',
        message: expect.stringMatching(/2026-07-28.*2025-11-25/),
      },
    });
    const refused = await callTool(client, 'instances_connect', { instance_id: 'web-1' });
    expect(refused).toMatchObject({
      isError: true,
      structuredContent: {
        error: { code: 'INSTANCE_NOT_ACTIVE', last_error: { code: 'UNSUPPORTED_VERSION' } },
      },
    });
    // The first attempt, three retries and one for instances_connect, and no others.
    expect((await statsOf(web)).methods).toEqual({ initialize: 5 });

    await callTool(client, 'instances_reconnect', { instance_id: 'web-1' });
    await callTool(client, 'instances_wait', { instance_id: 'web-1', state: 'dead' });
    expect((await statsOf(web)).methods).toEqual({ initialize: 9 });
  });

  it('can be replaced by a server that supports other versions', async () => {
    const directory = temporaryDirectory();
    const modern = await startFixture('sdk-v2', { modern: 'true' });
    register(directory, { id: 'web-1', port: modern.port });
    const { client } = await startAgent(directory, { args: [...QUICK, '--max-retries', '0'] });
    await callTool(client, 'instances_wait', { instance_id: 'web-1', state: 'dead' });

    await modern.kill();
    await startFixture('sdk-v2', { port: modern.port });
    await callTool(client, 'instances_reconnect', { instance_id: 'web-1' });
    await callTool(client, 'instances_connect', { instance_id: 'web-1' });
    expect(textOfAnswer(await callTool(client, 'echo', { text: 'x' }))).toBe('x');
  });
});
