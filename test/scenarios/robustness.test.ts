import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import * as sdkStateful from '../fixtures/sdk-stateful.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, pipeToHub, RawAgent, startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { BIN, eventually, exitOf, startFixture, statsOf } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const ping = (id: unknown) => ({ jsonrpc: '2.0', id, method: 'ping' });

async function oneInstance(fixture = 'sdk-stateful') {
  const directory = temporaryDirectory();
  const web = await startFixture(fixture, { name: 'web' });
  register(directory, { id: 'web', port: web.port });
  return { directory, web };
}

describe('stdin', () => {
  it('may contain garbage: it is refused, and the next line is served', async () => {
    const { answers, code } = await pipeToHub(temporaryDirectory(), [
      'garbage',
      '{"jsonrpc":"2.0","id":1,"method":"ping"',
      '[]',
      '"text"',
      '{"foo":1}',
      { jsonrpc: '2.0', id: {}, method: 'ping' },
      { jsonrpc: '2.0', id: null, method: 'ping' },
      { jsonrpc: '2.0', id: 99, result: {} },
      '   ',
      ping(0),
      ping('text id'),
    ]);
    expect(answers.map(({ id, error }) => [id, error?.code])).toEqual([
      [null, -32700],
      [null, -32700],
      [null, -32600],
      [null, -32600],
      [null, -32600],
      [null, -32600],
      [null, -32600],
      [0, undefined],
      ['text id', undefined],
    ]);
    expect(code).toBe(0);
  });

  it('is answered before initialize; a probe of another era is refused without side effects', async () => {
    const { directory } = await oneInstance();
    const { answers } = await pipeToHub(directory, [
      { jsonrpc: '2.0', id: 1, method: 'server/discover', params: {} },
      { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    ]);
    expect(answers[0]).toMatchObject({ id: 1, error: { code: -32601 } });
    expect(answers[1]?.['result'].tools).toHaveLength(8);
  });

  it('may end during a call: pending requests are answered before the sessions end', async () => {
    const { directory, web } = await oneInstance();
    const call = (id: number, name: string, args: object) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: args },
    });
    const { answers, code } = await pipeToHub(directory, [
      call(1, 'instances_call', { instance_id: 'web', tool: 'slow', arguments: { ms: 500 } }),
    ]);
    const [answer] = answers.filter(({ id }) => id === 1);
    expect(answer?.['result'].content[0].text).toBe('done');
    expect(code).toBe(0);
    await eventually(async () =>
      expect(await statsOf(web)).toMatchObject({ sessions: 0, sockets: 0, deleted: 2 }),
    );
  });
});

describe('initialize', () => {
  it.each([
    ['2025-11-25', '2025-11-25'],
    ['2024-11-05', '2024-11-05'],
    ['2099-01-01', '2025-11-25'],
  ])('for version %s is answered with %s', async (asked, given) => {
    const agent = new RawAgent(temporaryDirectory());
    const { result } = await agent.initialize({}, { protocolVersion: asked });
    expect(result).toMatchObject({
      protocolVersion: given,
      serverInfo: { name: 'signalbox' },
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
      },
    });
  });
});

const slowCall = (id: number, ms: number) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'slow', arguments: { ms } },
});

describe('the end of a hub', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s ends its sessions and exits with 0, with or without calls',
    async (signal) => {
      const { directory, web } = await oneInstance();
      const agent = new RawAgent(directory);
      await agent.initialize();
      await agent.call(1, 'instances_connect', { instance_id: 'web' });
      agent.send({
        jsonrpc: '2.0',
        id: 2,
        method: 'tools/call',
        params: { name: 'slow', arguments: { ms: 60_000 } },
      });
      await eventually(async () => expect((await statsOf(web)).methods['tools/call']).toBe(1));
      agent.child.kill(signal);
      expect(await exitOf(agent.child)).toBe(0);
      expect((await agent.answer(2))['result'].structuredContent.error.code).toBe('HUB_STOPPING');
      await eventually(async () =>
        expect(await statsOf(web)).toMatchObject({ sessions: 0, sockets: 0 }),
      );
    },
  );

  it('by kill -9 leaves no socket at the instance', async () => {
    const { directory, web } = await oneInstance();
    const agent = new RawAgent(directory);
    await agent.call(1, 'instances_connect', { instance_id: 'web' });
    agent.child.kill('SIGKILL');
    await eventually(async () => expect((await statsOf(web)).sockets).toBe(0));
  });

  it('comes when the agent stops reading', async () => {
    const agent = new RawAgent(temporaryDirectory());
    await agent.initialize();
    agent.child.stdout?.destroy();
    for (let id = 0; id < 10; id += 1) agent.send(ping(id));
    const [code] = await once(agent.child, 'exit');
    expect(code).toBe(0);
  });

  it('comes immediately if its agent is killed during a call, and the call is cancelled', async () => {
    const { directory, web } = await oneInstance();
    const agent = await startFixture('agent', { bin: BIN, directory, instance: 'web' });
    await eventually(async () => expect((await statsOf(web)).methods['tools/call']).toBe(1));
    await agent.kill();
    // A hub waits 10 s for an agent that still reads.
    const gone = { cancelled: 1, sessions: 0, sockets: 0 };
    await eventually(async () => expect(await statsOf(web)).toMatchObject(gone), 7_000);
  });

  it('comes during a call if stdout cannot be written to, even if stdin stays open', async () => {
    const { directory, web } = await oneInstance();
    const agent = new RawAgent(directory);
    await agent.call(1, 'instances_connect', { instance_id: 'web' });
    agent.send(slowCall(2, 60_000));
    await eventually(async () => expect((await statsOf(web)).methods['tools/call']).toBe(1));
    agent.child.stdout?.destroy();
    agent.send(ping(3));
    expect(await exitOf(agent.child)).toBe(0);
    await eventually(async () =>
      expect(await statsOf(web)).toMatchObject({ cancelled: 1, sessions: 0 }),
    );
  });

  it('comes after the last answer if only stdin ends, with at most one ping', async () => {
    const { directory } = await oneInstance();
    const agent = new RawAgent(directory);
    await agent.call(1, 'instances_connect', { instance_id: 'web' });
    agent.send(slowCall(2, 1_500));
    agent.child.stdin?.end();
    expect((await agent.answer(2))['result'].content[0].text).toBe('done');
    expect(await exitOf(agent.child)).toBe(0);
    const asked = agent.frames.filter(({ method, id }) => method !== undefined && id !== undefined);
    expect(asked).toEqual([{ jsonrpc: '2.0', id: 'still-there', method: 'ping' }]);
  });

  it('comes without a ping if everything is answered', async () => {
    const { answers } = await pipeToHub(temporaryDirectory(), [ping(1)]);
    expect(answers.map(({ id }) => id)).toEqual([1]);
  });

  it('does not wait for an instance that hangs', async () => {
    const { directory, web } = await oneInstance();
    const agent = new RawAgent(directory);
    await agent.call(1, 'instances_connect', { instance_id: 'web' });
    web.child.kill('SIGSTOP');
    agent.child.stdin?.end();
    expect(await exitOf(agent.child)).toBe(0);
  });
});

describe('an instance', () => {
  it('that is stopped becomes retrying after missed pings, and active when it continues', async () => {
    const { directory, web } = await oneInstance();
    const fast = [
      '--ping-interval',
      '100ms',
      '--ping-timeout',
      '100ms',
      '--connect-timeout',
      '500ms',
    ];
    const { client } = await startAgent(directory, { args: fast });
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    web.child.kill('SIGSTOP');
    const away = await callTool(client, 'instances_wait', {
      instance_id: 'web',
      state: 'retrying',
    });
    expect(away.structuredContent?.['instance'].last_error.code).toBe('PINGS_MISSED');
    web.child.kill('SIGCONT');
    await callTool(client, 'instances_wait', { instance_id: 'web' });
  });

  it('that hangs while a session connects to it causes a timely error and leaves nothing behind', async () => {
    const { directory, web } = await oneInstance();
    const { client } = await startAgent(directory, { args: ['--connect-timeout', '300ms'] });
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    web.child.kill('SIGSTOP');
    const refused = await callTool(client, 'instances_connect', { instance_id: 'web' });
    expect(refused.structuredContent?.['error']).toMatchObject({
      code: 'INSTANCE_REFUSED',
      last_error: { code: 'CONNECT_TIMEOUT' },
    });
    web.child.kill('SIGCONT');
    await eventually(async () =>
      expect(await statsOf(web)).toMatchObject({ sessions: 1, streams: 1 }),
    );
  });

  it('is not waited for if --call-wait is 0', async () => {
    const { directory } = await oneInstance();
    const { client } = await startAgent(directory, { args: ['--call-wait', '0'] });
    const call = { instance_id: 'web', tool: 'echo', arguments: { text: 'x' } };
    expect(textOfAnswer(await callTool(client, 'instances_call', call))).toBe('x');
  });

  it('that has forgotten all sessions is reconnected without the agent noticing', async () => {
    const directory = temporaryDirectory();
    const web = await sdkStateful.start({});
    afterTest(web.close);
    register(directory, { id: 'web', port: web.port });
    const { client } = await startAgent(directory, { args: ['--ping-interval', '100ms'] });
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    web.forget();
    expect(textOfAnswer(await callTool(client, 'count', { key: 'k' }))).toBe('1');
    await eventually(async () => {
      const { structuredContent } = await callTool(client, 'instances_health', {
        instance_id: 'web',
      });
      const reasons = structuredContent?.['instances'][0].transitions.map(
        ({ reason }: { reason: string }) => reason,
      );
      expect(reasons.join()).toContain('HTTP 404');
    });
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    expect(textOfAnswer(await callTool(client, 'count', { key: 'k' }))).toBe('2');
  });

  it('that is busy is not considered dead', async () => {
    const { directory } = await oneInstance('blocks');
    const fast = ['--ping-interval', '50ms', '--ping-timeout', '50ms'];
    const { client } = await startAgent(directory, { args: fast });
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    expect(textOfAnswer(await callTool(client, 'block', { ms: 1_500 }))).toBe('done');
    const { structuredContent } = await callTool(client, 'instances_health', {
      instance_id: 'web',
    });
    const states = structuredContent?.['instances'][0].transitions.map(
      ({ to }: { to: string }) => to,
    );
    expect(states).toEqual(['discovered', 'connecting', 'active']);
  });

  it('that starts and stops repeatedly leaves nothing behind', async () => {
    const { directory, web } = await oneInstance();
    const agent = await startAgent(directory);
    for (let round = 0; round < 10; round += 1) {
      await callTool(agent.client, 'instances_connect', { instance_id: 'web' });
      await Promise.all([1, 2, 3].map((n) => callTool(agent.client, 'echo', { text: String(n) })));
      register(directory, { id: 'web', port: web.port, started: new Date(round).toISOString() });
      await callTool(agent.client, 'echo', { text: 'again' });
      await callTool(agent.client, 'instances_disconnect');
    }
    await callTool(agent.client, 'instances_connect', { instance_id: 'web' });
    // One standing stream each for the supervising connection and the link. Idle sockets close after 4 s.
    await eventually(
      async () => expect(await statsOf(web)).toMatchObject({ sessions: 2, streams: 2, sockets: 2 }),
      15_000,
    );
  });
});

describe('two hundred instances', () => {
  it('are all activated, and all sessions with them are closed at the end', async () => {
    const { directory, web } = await oneInstance();
    const agent = await startAgent(directory);
    await callTool(agent.client, 'instances_wait', { instance_id: 'web' });
    for (let n = 0; n < 200; n += 1) register(directory, { id: `i${n}`, port: web.port });
    await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        callTool(agent.client, 'instances_wait', { instance_id: `i${n}` }),
      ),
    );
    const { structuredContent } = await callTool(agent.client, 'instances_list', {
      state: 'active',
    });
    expect(structuredContent?.['instances']).toHaveLength(201);
    await agent.close();
    await eventually(async () =>
      expect(await statsOf(web)).toMatchObject({ sessions: 0, sockets: 0 }),
    );
  });
});

describe('the instance of the project', () => {
  it('is connected automatically if there is only one', async () => {
    const directory = temporaryDirectory();
    const project = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web', port: web.port, path: project });
    const agent = await startAgent(directory, { cwd: project });
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).toContain('echo');
    await callTool(agent.client, 'instances_disconnect');
    expect((await agent.client.listTools()).tools).toHaveLength(8);
    const off = await startAgent(directory, { cwd: project, args: ['--no-auto-connect'] });
    expect((await off.client.listTools()).tools).toHaveLength(8);
    register(directory, { id: 'twin', port: web.port, path: project });
    const tie = await startAgent(directory, { cwd: project });
    expect((await tie.client.listTools()).tools).toHaveLength(8);
  });

  it("is that of the agent's roots if there are any, even if it registers later", async () => {
    const { ListRootsRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const directory = temporaryDirectory();
    const agent = await startAgent(directory, {
      capabilities: { roots: {} },
      prepare: (client) => {
        client.setRequestHandler(ListRootsRequestSchema, () => ({
          roots: [{ uri: 'file:///projects/web/packages/a' }],
        }));
      },
    });
    expect((await agent.client.listTools()).tools).toHaveLength(8);
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'outer', port: web.port, path: '/projects' });
    await callTool(agent.client, 'instances_wait', { instance_id: 'outer' });
    const list = async () =>
      (await callTool(agent.client, 'instances_list')).structuredContent?.['instances'];
    await eventually(async () =>
      expect(await list()).toMatchObject([{ id: 'outer', connected: true }]),
    );
  });
});
