import { describe, expect, it } from '@jest/globals';
import * as sdkStateful from '../fixtures/sdk-stateful.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import type { Frame } from '../helpers/frame-agent.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

/** Two agents on one hub, both connected to the same instance. */
async function twoAgents() {
  const directory = temporaryDirectory();
  const server = await sdkStateful.start();
  afterTest(server.close);
  register(directory, { id: 'one', port: server.port });
  const hub = startHubHere(directory);
  const [ada, alan] = [new MemoryAgent(hub), new MemoryAgent(hub)];
  for (const [agent, name] of [
    [ada, 'ada'],
    [alan, 'alan'],
  ] as const) {
    await agent.initialize({ elicitation: {}, ...(name === 'ada' ? { roots: {} } : {}) }, { name });
    agent.send({
      jsonrpc: '2.0',
      id: 'ready',
      method: 'tools/call',
      params: { name: 'instances_wait', arguments: { instance_id: 'one' } },
    });
    await agent.answer('ready');
    await agent.call(1_000, 'instances_connect', { instance_id: 'one' });
  }
  return { hub, server, ada, alan };
}

const call = (id: number, name: string, args: object, _meta?: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args, ...(_meta === undefined ? {} : { _meta }) },
});

const isProgress = ({ method }: Frame) => method === 'notifications/progress';
const isQuestion = ({ method }: Frame) => method === 'elicitation/create';
const textIn = (answer: Frame) => answer['result'].content[0].text;

describe('sessions of one hub', () => {
  it('have their own sessions with the instance, under the names of their agents', async () => {
    const { ada, alan } = await twoAgents();
    ada.send(call(1, 'whoami', {}));
    alan.send(call(1, 'whoami', {}));
    const hers = JSON.parse(textIn(await ada.answer(1)));
    const his = JSON.parse(textIn(await alan.answer(1)));
    expect(hers.client.name).toBe('ada');
    expect(his.client.name).toBe('alan');
    expect(Object.keys(hers.capabilities)).toContain('roots');
    expect(Object.keys(his.capabilities)).not.toContain('roots');
    expect(hers.sessionId).not.toBe(his.sessionId);
  });

  it('can use the same ids and progress tokens', async () => {
    const { ada, alan } = await twoAgents();
    ada.send(call(1, 'slow', { ms: 100, steps: 4 }, { progressToken: 1 }));
    alan.send(call(1, 'slow', { ms: 100, steps: 2 }, { progressToken: 1 }));
    await Promise.all([ada.answer(1), alan.answer(1)]);
    const totals = (agent: MemoryAgent) => agent.frames.filter(isProgress).map((f) => f['params']);
    expect(totals(ada).map(({ total }) => total)).toEqual([4, 4, 4, 4]);
    expect(totals(alan).map(({ total }) => total)).toEqual([2, 2]);
  });

  it('get and answer their own requests', async () => {
    const { ada, alan } = await twoAgents();
    ada.send(call(1, 'ask', { kind: 'elicitation' }));
    alan.send(call(1, 'ask', { kind: 'elicitation' }));
    const [toAda, toAlan] = await Promise.all([ada.next(isQuestion), alan.next(isQuestion)]);
    // An answer to a request that was never sent to this session is dropped, whatever its id.
    alan.send({
      jsonrpc: '2.0',
      id: toAlan['id'],
      result: { action: 'accept', content: { name: 'Alan' } },
    });
    ada.send({
      jsonrpc: '2.0',
      id: toAda['id'],
      result: { action: 'accept', content: { name: 'Ada' } },
    });
    expect(textIn(await ada.answer(1))).toContain('Ada');
    expect(textIn(await alan.answer(1))).toContain('Alan');
    expect(ada.frames.filter(isQuestion)).toHaveLength(1);
    expect(alan.frames.filter(isQuestion)).toHaveLength(1);
  });

  it('cancel only their own calls', async () => {
    const { ada, alan, server } = await twoAgents();
    ada.send(call(7, 'slow', { ms: 300 }));
    alan.send(call(7, 'slow', { ms: 300 }));
    ada.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } });
    expect(textIn(await alan.answer(7))).toBe('done');
    expect(ada.frames.some(({ id }) => id === 7)).toBe(false);
    expect(server.world.cancelled).toBe(1);
  });

  it('get updates for their own subscriptions and log levels', async () => {
    const { ada, alan } = await twoAgents();
    const uri = 'test://greeting';
    ada.send({ jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri } });
    ada.send({ jsonrpc: '2.0', id: 2, method: 'logging/setLevel', params: { level: 'error' } });
    alan.send({ jsonrpc: '2.0', id: 2, method: 'logging/setLevel', params: { level: 'debug' } });
    await Promise.all([ada.answer(1), ada.answer(2), alan.answer(2)]);
    for (const agent of [ada, alan]) {
      await agent.call(3, 'log', { level: 'info' });
      await agent.call(4, 'touch', { uri });
      // The next answer arrives after everything that was sent before it.
      await agent.call(5, 'echo', { text: 'x' });
    }
    await ada.next(({ method }) => method === 'notifications/resources/updated');
    await alan.next(({ params }) => params?.data === 'a info message');
    const methods = (agent: MemoryAgent) => agent.frames.map(({ method }) => method);
    expect(methods(alan)).not.toContain('notifications/resources/updated');
    expect(ada.frames.some(({ params }) => params?.data === 'a info message')).toBe(false);
  });

  it('end independently', async () => {
    const { hub, ada, alan, server } = await twoAgents();
    expect(server.sessions()).toBe(3);
    await ada.session.close();
    expect(server.sessions()).toBe(2);
    expect((await alan.call(9, 'echo', { text: 'still here' })).content[0].text).toBe('still here');
    const { structuredContent } = await alan.call(10, 'instances_list');
    expect(structuredContent.instances[0]).toMatchObject({ sessions: 1, connected: true });
    expect(Object.keys(hub.actor.getSnapshot().children)).not.toContain('session:session-1');
  });
});
