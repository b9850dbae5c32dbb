import { describe, expect, it } from '@jest/globals';
import { callTool, pipeToHub, RawAgent, startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { eventually, startFixture, statsOf } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'instances/list' } };

const stateOf = async (agent: { client: Parameters<typeof callTool>[0] }, id: string) => {
  const { structuredContent } = await callTool(agent.client, 'instances_list');
  return structuredContent?.['instances'].find((each: { id: string }) => each.id === id)?.state;
};

describe('scenarios of the original hub', () => {
  it('answers one piped request with an active instance, a killed one as retrying, and a restarted one as active', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });

    const up = await pipeToHub(directory, [LIST]);
    expect(up.code).toBe(0);
    expect(up.answers).toHaveLength(1);
    expect(up.answers[0]?.['result'].content[0].text).toContain('"state": "active"');

    await web.kill();
    const down = await pipeToHub(directory, [LIST]);
    expect(down.answers[0]?.['result'].content[0].text).toContain('"state": "retrying"');

    await startFixture('sdk-stateful', { name: 'web', port: web.port });
    const again = await pipeToHub(directory, [LIST]);
    expect(again.answers[0]?.['result'].content[0].text).toContain('"state": "active"');
  });

  it('notices a death and a return during a session, which continues', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });
    const agent = await startAgent(directory);

    await callTool(agent.client, 'instances_connect', { instance_id: 'web-1' });
    expect(textOfAnswer(await callTool(agent.client, 'echo', { text: 'one' }))).toBe('one');

    await web.kill();
    await callTool(agent.client, 'instances_wait', { instance_id: 'web-1', state: 'retrying' });
    await startFixture('sdk-stateful', { name: 'web', port: web.port });
    expect(textOfAnswer(await callTool(agent.client, 'echo', { text: 'two' }))).toBe('two');
    expect(await stateOf(agent, 'web-1')).toBe('active');
  });

  it('lets two hubs use one instance, each with its own session', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });
    const [one, two] = await Promise.all([startAgent(directory), startAgent(directory)]);
    const who = await Promise.all(
      [one, two].map(async ({ client }) => {
        await callTool(client, 'instances_connect', { instance_id: 'web-1' });
        return JSON.parse(textOfAnswer(await callTool(client, 'whoami')));
      }),
    );
    expect(who[0].sessionId).not.toBe(who[1].sessionId);
    expect(who.map(({ client }) => client)).toEqual([
      { name: 'test-agent', version: '1.2.3' },
      { name: 'test-agent', version: '1.2.3' },
    ]);
    await one.close();
    expect(textOfAnswer(await callTool(two.client, 'echo', { text: 'still here' }))).toBe(
      'still here',
    );
    // The supervising session and the link of the second hub. Those of the first have ended.
    await eventually(async () => expect((await statsOf(web)).sessions).toBe(2));
  });

  it('follows an instance to another port', async () => {
    const directory = temporaryDirectory();
    const first = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: first.port });
    const agent = await startAgent(directory);
    await callTool(agent.client, 'instances_connect', { instance_id: 'web-1' });
    await first.kill();
    const second = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: second.port });
    const who = JSON.parse(textOfAnswer(await callTool(agent.client, 'whoami')));
    expect(who.pid).toBe(second.pid);
  });

  it('removes an instance whose file is removed', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    const file = register(directory, { id: 'web-1', port: web.port });
    const agent = new RawAgent(directory);
    await agent.initialize();
    await agent.call(1, 'instances_connect', { instance_id: 'web-1' });
    const { unlinkSync } = await import('node:fs');
    unlinkSync(file);
    const told = await agent.next(({ method }) => method === 'notifications/message');
    expect(told['params']).toMatchObject({ level: 'warning', logger: 'signalbox' });
    const { structuredContent } = await agent.call(2, 'instances_list');
    expect(structuredContent.instances).toEqual([]);
    const refused = await agent.call(3, 'echo', { text: 'x' });
    expect(refused.structuredContent.error.code).toBe('UNKNOWN_TOOL');
    await eventually(async () =>
      expect(await statsOf(web)).toMatchObject({ sessions: 0, sockets: 0 }),
    );
  });
});

describe('a dead instance', () => {
  it('is left by its session, which is notified', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });
    const agent = new RawAgent(directory, ['--max-retries', '0']);
    await agent.initialize();
    await agent.call(1, 'instances_connect', { instance_id: 'web-1' });
    const changes = agent.frames.length;
    await web.kill();
    const told = await agent.next(({ method }) => method === 'notifications/message');
    expect(told['params']).toMatchObject({
      level: 'warning',
      data: expect.stringContaining('"web-1" is dead'),
    });
    const methods = agent.frames.slice(changes).map(({ method }) => method);
    expect(methods).toContain('notifications/tools/list_changed');
    const refused = await agent.call(2, 'echo', { text: 'x' });
    expect(refused.structuredContent.error.code).toBe('UNKNOWN_TOOL');
  });
});

describe('a call whose instance dies', () => {
  it('fails immediately and is not sent again', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });
    const agent = await startAgent(directory);
    await callTool(agent.client, 'instances_connect', { instance_id: 'web-1' });
    const lost = await callTool(agent.client, 'crash');
    expect(lost.isError).toBe(true);
    expect(lost.structuredContent?.['error']).toMatchObject({
      code: 'CONNECTION_LOST',
      instance_id: 'web-1',
    });
    const again = await startFixture('sdk-stateful', { name: 'web', port: web.port });
    expect(textOfAnswer(await callTool(agent.client, 'echo', { text: 'x' }))).toBe('x');
    expect((await statsOf(again)).methods['tools/call']).toBe(1);
  });

  it('waits for a retrying instance and is sent once', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });
    const agent = await startAgent(directory);
    await callTool(agent.client, 'instances_connect', { instance_id: 'web-1' });
    await web.kill();
    const calls = Promise.all([1, 2, 3].map(() => callTool(agent.client, 'count', { key: 'k' })));
    const again = await startFixture('sdk-stateful', { name: 'web', port: web.port });
    expect((await calls).map(textOfAnswer).sort()).toEqual(['1', '2', '3']);
    expect((await statsOf(again)).counters).toEqual({ k: 3 });
  });

  it('fails if the instance does not come back in time', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('sdk-stateful', { name: 'web' });
    register(directory, { id: 'web-1', port: web.port });
    const agent = await startAgent(directory, { args: ['--call-wait', '300ms'] });
    await callTool(agent.client, 'instances_connect', { instance_id: 'web-1' });
    await web.kill();
    const failed = await callTool(agent.client, 'echo', { text: 'x' });
    expect(failed.structuredContent?.['error']).toMatchObject({
      code: 'INSTANCE_NOT_ACTIVE',
      state: 'retrying',
    });
  });
});
