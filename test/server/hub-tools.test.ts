import { unlinkSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as plainPost from '../fixtures/plain-post.mjs';
import * as sdkStateful from '../fixtures/sdk-stateful.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import {
  callTool,
  RawAgent,
  startAgent,
  type ToolAnswer,
  textOfAnswer,
} from '../helpers/hub-process.ts';
import { startFixture } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const TOOLS = [
  'instances_list',
  'instances_connect',
  'instances_disconnect',
  'instances_health',
  'instances_wait',
  'instances_reconnect',
  'instances_tools',
  'instances_call',
];

async function twoInstances() {
  const directory = temporaryDirectory();
  const [web, api] = await Promise.all([
    sdkStateful.start({ name: 'web' }),
    plainPost.start({ name: 'api' }),
  ]);
  afterTest(web.close);
  afterTest(api.close);
  const file = register(directory, {
    id: 'web-1',
    name: 'web',
    path: '/projects/web',
    port: web.port,
    pid: 42,
  });
  register(directory, { id: 'api-1', name: 'api', path: '/projects/api', port: api.port });
  return { directory, web, api, file };
}

const errorOf = ({ isError, structuredContent, content }: ToolAnswer) => {
  expect(isError).toBe(true);
  const error = structuredContent?.['error'];
  expect(content[0]?.text).toContain(error.code);
  expect(content[0]?.text).toContain(error.message);
  expect(content[0]?.text).toContain(error.hint);
  return error;
};

describe('the tools of the hub', () => {
  it('are listed with title, description, schemas and annotations', async () => {
    const { client } = await startAgent(temporaryDirectory());
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(TOOLS);
    for (const tool of tools) {
      expect(tool.title).toBeTruthy();
      expect(tool.description?.length).toBeGreaterThan(80);
      expect(tool.annotations).toMatchObject({ title: tool.title });
      expect(tool.inputSchema.type).toBe('object');
      if (tool.name !== 'instances_call') expect(tool.outputSchema?.type).toBe('object');
    }
  });

  it('accept both spellings and answer according to their output schemas', async () => {
    const { directory } = await twoInstances();
    const { client } = await startAgent(directory);
    await client.listTools();
    for (const name of [
      'instances_list',
      'instances_health',
      'instances_tools',
      'instances_disconnect',
    ]) {
      const answer = await client.callTool({ name, arguments: {} });
      expect(answer.isError).toBeFalsy();
      expect(answer.structuredContent).toBeDefined();
      expect(await callTool(client, name.replace('_', '/'))).toMatchObject({
        content: [{ type: 'text' }],
      });
    }
    for (const name of ['instances_wait', 'instances_connect', 'instances_reconnect']) {
      expect(await client.callTool({ name, arguments: { instance_id: 'web-1' } })).toMatchObject({
        structuredContent: { instance: { id: 'web-1', state: 'active' } },
      });
    }
  });
});

describe('instances_list', () => {
  it('answers with every field, as data and as an indented array', async () => {
    const { directory, web } = await twoInstances();
    const { client } = await startAgent(directory);
    const answer = await callTool(client, 'instances_list');
    const [api, listed] = answer.structuredContent?.['instances'] ?? [];
    expect(api.id).toBe('api-1');
    expect(listed).toEqual({
      id: 'web-1',
      name: 'web',
      path: '/projects/web',
      port: web.port,
      pid: 42,
      state: 'active',
      connected_at: expect.stringMatching(/^\d{4}-.*Z$/),
      has_package_json: false,
      discovered_at: expect.stringMatching(/Z$/),
      state_changed_at: expect.stringMatching(/Z$/),
      retry_count: 0,
      next_retry_at: null,
      last_activity: expect.stringMatching(/Z$/),
      last_error: null,
      sessions: 0,
      connected: false,
    });
    expect(textOfAnswer(answer)).toBe(
      JSON.stringify(answer.structuredContent?.['instances'], null, 2),
    );
  });

  it('can filter by state and leave out dead instances', async () => {
    const { directory } = await twoInstances();
    register(directory, { id: 'gone', port: 1 });
    const { client } = await startAgent(directory, { args: ['--max-retries', '0'] });
    await callTool(client, 'instances_wait', { instance_id: 'gone', state: 'dead' });
    const ids = async (args: object) => {
      const { structuredContent } = await callTool(client, 'instances_list', { ...args });
      return structuredContent?.['instances'].map(({ id }: { id: string }) => id);
    };
    expect(await ids({})).toEqual(['api-1', 'gone', 'web-1']);
    expect(await ids({ include_dead: false })).toEqual(['api-1', 'web-1']);
    expect(await ids({ state: 'dead' })).toEqual(['gone']);
    expect(errorOf(await callTool(client, 'instances_list', { state: 'asleep' })).code).toBe(
      'INVALID_ARGUMENTS',
    );
  });

  it('counts sessions and marks the instance of the calling session', async () => {
    const { directory } = await twoInstances();
    const { client } = await startAgent(directory);
    await callTool(client, 'instances_connect', { instance_id: 'web-1' });
    const { structuredContent } = await callTool(client, 'instances_list');
    expect(structuredContent?.['instances']).toMatchObject([
      { id: 'api-1', sessions: 0, connected: false },
      { id: 'web-1', sessions: 1, connected: true },
    ]);
  });
});

describe('instances_connect', () => {
  it('answers with the instance, its instructions and its tools, which are then listed with a notification', async () => {
    const { directory } = await twoInstances();
    const agent = new RawAgent(directory);
    await agent.initialize();
    const { structuredContent } = await agent.call(1, 'instances_connect', {
      instance_id: 'web-1',
    });
    expect(structuredContent.instance).toMatchObject({ id: 'web-1', connected: true, sessions: 1 });
    expect(structuredContent.instructions).toBe('Instructions of web.');
    expect(
      structuredContent.tools.find(({ name }: { name: string }) => name === 'add'),
    ).toMatchObject({
      inputSchema: { type: 'object' },
      outputSchema: { type: 'object' },
    });
    for (const list of ['tools', 'resources', 'prompts']) {
      await agent.next(({ method }) => method === `notifications/${list}/list_changed`);
    }
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
    const { result } = await agent.answer(2);
    const names = result.tools.map(({ name }: { name: string }) => name);
    expect(names.slice(0, 8)).toEqual(TOOLS);
    expect(names).toContain('echo');
    expect(new Set(names).size).toBe(names.length);
  });

  it('keeps unknown fields of a listed tool', async () => {
    const { directory } = await twoInstances();
    const agent = new RawAgent(directory);
    await agent.call(1, 'instances_connect', { instance_id: 'api-1' });
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
    const { result } = await agent.answer(2);
    expect(result.tools).toContainEqual(expect.objectContaining({ 'x-unknown': { kept: true } }));
  });

  it('accepts a unique name or path, switches, and accepts the same instance again', async () => {
    const { directory } = await twoInstances();
    const { client } = await startAgent(directory);
    const connected = async (instance_id: string) => {
      const { structuredContent } = await callTool(client, 'instances_connect', { instance_id });
      return structuredContent?.['instance'].id;
    };
    expect(await connected('web')).toBe('web-1');
    expect(await connected('web-1')).toBe('web-1');
    expect(await connected('/projects/api/')).toBe('api-1');
    expect((await client.listTools()).tools.map(({ name }) => name).slice(8)).toEqual([
      'echo',
      'count',
      'slow',
    ]);
    await callTool(client, 'instances_disconnect');
    await callTool(client, 'instances_disconnect');
    expect((await client.listTools()).tools).toHaveLength(8);
  });

  it('binds to a retrying instance and says that it is retrying', async () => {
    const directory = temporaryDirectory();
    register(directory, { id: 'away', port: 1 });
    const { client } = await startAgent(directory);
    const answer = await callTool(client, 'instances_connect', { instance_id: 'away' });
    expect(answer.structuredContent?.['instance']).toMatchObject({
      state: 'retrying',
      connected: true,
    });
  });

  it('fails for an unknown, ambiguous or dead instance', async () => {
    const { directory, web } = await twoInstances();
    register(directory, { id: 'web-2', name: 'web', port: web.port });
    register(directory, { id: 'dead', port: 1 });
    const { client } = await startAgent(directory, { args: ['--max-retries', '0'] });
    await callTool(client, 'instances_wait', { instance_id: 'dead', state: 'dead' });
    const connect = async (instance_id: string) =>
      errorOf(await callTool(client, 'instances_connect', { instance_id }));
    expect(await connect('nobody')).toMatchObject({
      code: 'INSTANCE_NOT_FOUND',
      message: expect.stringContaining('api-1'),
    });
    expect(await connect('web')).toMatchObject({
      code: 'INSTANCE_AMBIGUOUS',
      candidates: [
        { id: 'web-1', name: 'web', path: '/projects/web' },
        { id: 'web-2', name: 'web', path: '/projects/web-2' },
      ],
    });
    expect(await connect('dead')).toMatchObject({
      code: 'INSTANCE_NOT_ACTIVE',
      state: 'dead',
      last_error: { code: 'CONNECTION_REFUSED' },
    });
    expect(await connect('')).toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });
});

describe('instances_wait', () => {
  it('waits for an unregistered instance, by id, name or path', async () => {
    const directory = temporaryDirectory();
    const { client } = await startAgent(directory);
    const waits = Promise.all([
      callTool(client, 'instances_wait', { instance_id: 'late-1' }),
      callTool(client, 'instances_wait', { name: 'late' }),
      callTool(client, 'instances_wait', { path: '/projects/late' }),
    ]);
    const late = await sdkStateful.start({ name: 'late' });
    afterTest(late.close);
    register(directory, { id: 'late-1', name: 'late', path: '/projects/late', port: late.port });
    for (const { structuredContent } of await waits) {
      expect(structuredContent?.['instance']).toMatchObject({ id: 'late-1', state: 'active' });
    }
  });

  it('reports the current state on timeout', async () => {
    const directory = temporaryDirectory();
    register(directory, { id: 'away', port: 1 });
    const { client } = await startAgent(directory);
    const wait = async (args: object) =>
      errorOf(await callTool(client, 'instances_wait', { timeout_ms: 50, ...args }));
    await callTool(client, 'instances_wait', { instance_id: 'away', state: 'retrying' });
    expect(await wait({ instance_id: 'away' })).toMatchObject({
      code: 'WAIT_TIMEOUT',
      state: 'retrying',
    });
    expect(await wait({ instance_id: 'nobody' })).toMatchObject({ code: 'WAIT_TIMEOUT' });
    expect(await wait({})).toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });
});

describe('instances_reconnect', () => {
  it('brings back a dead instance immediately', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful');
    register(directory, { id: 'web', port: web.port });
    const { client } = await startAgent(directory, { args: ['--max-retries', '0'] });
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    await web.kill();
    await callTool(client, 'instances_wait', { instance_id: 'web', state: 'dead' });
    await startFixture('sdk-stateful', { port: web.port });
    const { structuredContent } = await callTool(client, 'instances_reconnect', {
      instance_id: 'web',
    });
    expect(structuredContent?.['instance'].state).toBe('active');
  });
});

describe('instances_tools and instances_call', () => {
  it('find and call tools without connecting', async () => {
    const { directory } = await twoInstances();
    const { client } = await startAgent(directory);
    const tools = async (args: object) => {
      const { structuredContent } = await callTool(client, 'instances_tools', { ...args });
      return structuredContent?.['tools'].map(
        (each: { name: string; instance_id: string }) => `${each.instance_id} ${each.name}`,
      );
    };
    expect(await tools({ query: 'echoes TEXT' })).toEqual(['api-1 echo', 'web-1 echo']);
    expect(await tools({ instance_id: 'api' })).toEqual([
      'api-1 echo',
      'api-1 count',
      'api-1 slow',
    ]);
    const answer = await callTool(client, 'instances_call', {
      instance_id: 'web-1',
      tool: 'add',
      arguments: { a: 1, b: 2 },
    });
    expect(answer).toEqual({
      content: [{ type: 'text', text: '3' }],
      structuredContent: { sum: 3 },
    });
    expect(
      textOfAnswer(
        await callTool(client, 'instances_call', {
          instance_id: 'api',
          tool: 'echo',
          arguments: { text: 'x' },
        }),
      ),
    ).toBe('x');
  });

  it('use the connected instance if none is named, and fail if there is none', async () => {
    const { directory } = await twoInstances();
    const { client } = await startAgent(directory);
    expect(errorOf(await callTool(client, 'instances_call', { tool: 'echo' })).code).toBe(
      'NOT_CONNECTED',
    );
    await callTool(client, 'instances_connect', { instance_id: 'api-1' });
    expect(
      textOfAnswer(
        await callTool(client, 'instances_call', { tool: 'echo', arguments: { text: 'y' } }),
      ),
    ).toBe('y');
  });

  it('pass on progress and cancellation', async () => {
    const { directory, web } = await twoInstances();
    const agent = new RawAgent(directory);
    await agent.initialize();
    const params = (ms: number, steps: number) => ({
      name: 'instances_call',
      arguments: { instance_id: 'web-1', tool: 'slow', arguments: { ms, steps } },
      _meta: { progressToken: 'p' },
    });
    agent.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: params(60, 3) });
    await agent.answer(1);
    const progress = agent.frames.filter(({ method }) => method === 'notifications/progress');
    expect(progress.map(({ params }) => params)).toEqual(
      [1, 2, 3].map((step) => ({ progressToken: 'p', progress: step, total: 3 })),
    );
    agent.send(
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: params(60_000, 1) },
      { jsonrpc: '2.0', id: 3, method: 'ping' },
    );
    await agent.answer(3);
    const calling = () =>
      agent.call(100 + agent.frames.length, 'instances_health', { instance_id: 'web-1' });
    while ((await calling()).structuredContent.instances[0].calls_in_flight !== 1);
    agent.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
    while (web.world.cancelled === 0) await new Promise((resolve) => setImmediate(resolve));
    const health = await calling();
    expect(health.structuredContent.instances[0].calls_in_flight).toBe(0);
    expect(agent.frames.filter(({ id }) => id === 2)).toEqual([]);
  });
});

describe('calls that cannot be made', () => {
  it('fail with an error for an unknown tool, and for a tool of another instance', async () => {
    const { directory } = await twoInstances();
    const { client } = await startAgent(directory);
    expect(errorOf(await callTool(client, 'no_such_tool'))).toMatchObject({ code: 'UNKNOWN_TOOL' });
    expect(errorOf(await callTool(client, 'whoami'))).toMatchObject({
      code: 'NOT_CONNECTED',
      candidates: [{ id: 'web-1', name: 'web', path: '/projects/web' }],
    });
  });

  it('fail with a JSON-RPC error with the same details for other methods', async () => {
    const agent = new RawAgent(temporaryDirectory());
    await agent.initialize();
    agent.send(
      { jsonrpc: '2.0', id: 1, method: 'prompts/get', params: { name: 'x' } },
      { jsonrpc: '2.0', id: 2, method: 'no/such/method' },
      { jsonrpc: '2.0', id: 3, method: 'tools/call', params: {} },
      {
        jsonrpc: '2.0',
        id: 4,
        method: 'resources/read',
        params: { uri: 'signalbox://instances/nobody' },
      },
      { jsonrpc: '2.0', id: 5, method: 'logging/setLevel', params: { level: 'loud' } },
    );
    expect((await agent.answer(1))['error']).toMatchObject({
      code: -32000,
      data: { code: 'NOT_CONNECTED', hint: expect.any(String) },
    });
    expect((await agent.answer(2))['error'].code).toBe(-32601);
    expect((await agent.answer(3))['error'].code).toBe(-32602);
    expect((await agent.answer(4))['error'].code).toBe(-32002);
    expect((await agent.answer(5))['error'].code).toBe(-32602);
  });

  it('fail when the instance is gone or the session leaves it', async () => {
    const { directory, file } = await twoInstances();
    const agent = new RawAgent(directory);
    await agent.initialize();
    const slow = (id: number) => {
      const params = { name: 'slow', arguments: { ms: 60_000 } };
      agent.send({ jsonrpc: '2.0', id, method: 'tools/call', params });
      return agent.answer(id);
    };
    await agent.call(1, 'instances_connect', { instance_id: 'web-1' });
    const left = slow(2);
    await agent.call(3, 'instances_connect', { instance_id: 'api-1' });
    expect((await left)['result'].structuredContent.error.code).toBe('CALL_ABANDONED');
    await agent.call(4, 'instances_connect', { instance_id: 'web-1' });
    const gone = slow(5);
    unlinkSync(file);
    expect((await gone)['result'].structuredContent.error.code).toBe('INSTANCE_GONE');
  });

  it('fail with an error if a message is too large', async () => {
    const { directory } = await twoInstances();
    const agent = new RawAgent(directory, ['--max-message', '64KiB']);
    await agent.initialize();
    await agent.call(1, 'instances_connect', { instance_id: 'web-1' });
    const params = { name: 'big', arguments: { bytes: 100_000 } };
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params });
    expect((await agent.answer(2))['error'].data).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    expect((await agent.call(3, 'echo', { text: 'on' })).content[0].text).toBe('on');
  });

  it('fail if an instance answers with an HTTP error', async () => {
    const { directory, web } = await twoInstances();
    const agent = new RawAgent(directory);
    await agent.initialize();
    await agent.call(1, 'instances_connect', { instance_id: 'web-1' });
    web.refuse(503);
    const refused = await agent.call(2, 'echo', { text: 'x' });
    expect(refused.structuredContent.error).toMatchObject({
      code: 'INSTANCE_REFUSED',
      last_error: { code: 'HTTP_ERROR' },
    });
    web.refuse(null);
    expect((await agent.call(3, 'echo', { text: 'x' })).content[0].text).toBe('x');
  });
});
