import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually, startFixture, statsOf } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { createV2Agent, textOfResult } from '../helpers/v2-agent.ts';

const CONNECT = { name: 'instances_connect', arguments: { instance_id: 'web-1' } };

/** The first request of agents of 2026-07-28. */
const DISCOVER = {
  jsonrpc: '2.0',
  id: 0,
  method: 'server/discover',
  params: {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'modern', version: '0' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
};

describe('server/discover', () => {
  it('is refused immediately, before initialize and before discovery settles, without side effects', async () => {
    const directory = temporaryDirectory();
    const deaf = await startFixture('blocks');
    register(directory, { id: 'web-1', port: deaf.port });
    const agent = new RawAgent(directory, ['--settle', '1m', '--connect-timeout', '1m']);
    agent.send(DISCOVER);
    expect(await agent.answer(0)).toMatchObject({ error: { code: -32601 } });
    expect(agent.frames).toHaveLength(1);
    const { result } = await agent.initialize();
    expect(result).toMatchObject({
      protocolVersion: '2025-11-25',
      serverInfo: { name: 'signalbox' },
    });
  });

  it('does not keep the hub alive if nothing else follows', async () => {
    const agent = new RawAgent(temporaryDirectory());
    agent.send(DISCOVER);
    agent.child.stdin?.end();
    const [code] = await once(agent.child, 'close');
    expect(code).toBe(0);
    expect(agent.frames).toMatchObject([{ id: 0, error: { code: -32601 } }]);
  });
});

describe('an agent of SDK 2 that negotiates the version', () => {
  it.each(['connect', 'connectInPlace'] as const)(
    'falls back to 2025-11-25 and uses an instance built with the same SDK (%s)',
    async (how) => {
      const directory = temporaryDirectory();
      const web = await startFixture('sdk-v2', { name: 'web' });
      register(directory, { id: 'web-1', port: web.port });
      const changes: string[] = [];
      const agent = createV2Agent(directory, {
        prepare: (client) =>
          client.setNotificationHandler('notifications/tools/list_changed', ({ method }) => {
            changes.push(method);
          }),
      });
      await agent[how]();
      const { client } = agent;
      expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
      expect(client.getServerVersion()?.name).toBe('signalbox');
      if (how === 'connectInPlace') {
        expect(agent.sent()).toEqual([
          'server/discover',
          'initialize',
          'notifications/initialized',
        ]);
      }

      const own = (await client.listTools()).tools.map(({ name }) => name);
      expect(own).toContain('instances_connect');
      expect(own).not.toContain('echo');
      // The client validates results against the output schemas it was given.
      expect((await client.callTool({ name: 'instances_list' })).structuredContent).toMatchObject({
        instances: [{ id: 'web-1', state: 'active' }],
      });
      const connected = await client.callTool(CONNECT);
      expect(connected.structuredContent).toMatchObject({ instance: { connected: true } });
      await eventually(() => expect(changes).not.toEqual([]));

      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(
        expect.arrayContaining([...own, 'echo', 'add']),
      );
      const sum = await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } });
      expect(sum.structuredContent).toEqual({ sum: 5 });
      const giveUp = new AbortController();
      const hanging = client.callTool(
        { name: 'hang' },
        { signal: giveUp.signal, onprogress: () => giveUp.abort('enough') },
      );
      await expect(hanging).rejects.toThrow('enough');
      await eventually(async () => expect((await statsOf(web)).cancelled).toBe(1));
    },
  );
});

describe('an agent that speaks only 2026-07-28', () => {
  it.each(['connect', 'connectInPlace'] as const)(
    'is refused with the reason (%s)',
    async (how) => {
      const agent = createV2Agent(temporaryDirectory(), { mode: { pin: '2026-07-28' } });
      await expect(agent[how]()).rejects.toMatchObject({
        code: 'ERA_NEGOTIATION_FAILED',
        message: expect.stringContaining('2026-07-28'),
      });
    },
  );
});

describe('an agent of SDK 2 and an instance of SDK 1', () => {
  const start = async (options: Parameters<typeof createV2Agent>[1] = {}) => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });
    const agent = createV2Agent(directory, options);
    await agent.connect();
    await agent.client.callTool(CONNECT);
    return { web, client: agent.client };
  };

  it('can exchange requests from the instance to the agent', async () => {
    const { client } = await start({
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
      prepare: (each) => {
        each.setRequestHandler('elicitation/create', ({ params }) => ({
          action: 'accept',
          content: { name: `Ada, asked "${params.message}"` },
        }));
        each.setRequestHandler('sampling/createMessage', ({ params }) => ({
          model: 'test-model',
          role: 'assistant',
          content: { type: 'text', text: `${params.maxTokens} tokens` },
        }));
        each.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///projects/a' }] }));
      },
    });
    const ask = async (kind: string) =>
      JSON.parse(textOfResult(await client.callTool({ name: 'ask', arguments: { kind } })));
    expect(await ask('elicitation')).toMatchObject({
      action: 'accept',
      content: { name: 'Ada, asked "who?"' },
    });
    expect(await ask('sampling')).toMatchObject({
      model: 'test-model',
      content: { type: 'text', text: '10 tokens' },
    });
    expect(await ask('roots')).toMatchObject({ roots: [{ uri: 'file:///projects/a' }] });
    expect(JSON.parse(textOfResult(await client.callTool({ name: 'whoami' })))).toMatchObject({
      client: { name: 'v2-agent', version: '2.0.0' },
      capabilities: { elicitation: {}, sampling: {}, roots: {} },
    });
  });

  it('can cancel a call', async () => {
    const { web, client } = await start();
    const giveUp = new AbortController();
    const call = client.callTool(
      { name: 'slow', arguments: { ms: 60_000, steps: 3_000 } },
      { signal: giveUp.signal, onprogress: () => giveUp.abort('enough') },
    );
    await expect(call).rejects.toThrow('enough');
    await eventually(async () => expect((await statsOf(web)).cancelled).toBe(1));
    expect(
      textOfResult(await client.callTool({ name: 'echo', arguments: { text: 'still here' } })),
    ).toBe('still here');
  });

  it('see changed tools, and a restart only as a wait', async () => {
    let changed = () => {};
    const { web, client } = await start({
      prepare: (each) =>
        each.setNotificationHandler('notifications/tools/list_changed', () => changed()),
    });
    const told = new Promise<void>((resolve) => {
      changed = resolve;
    });
    await client.callTool({ name: 'add_tool', arguments: { name: 'brand_new' } });
    await told;
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('brand_new');

    await web.kill();
    await startFixture('sdk-stateful', { name: 'web', port: web.port });
    expect(textOfResult(await client.callTool({ name: 'echo', arguments: { text: 'x' } }))).toBe(
      'x',
    );
  });
});
