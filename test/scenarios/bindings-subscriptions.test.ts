import { rmSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { eventually, startFixture, statsOf } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const uri = 'test://greeting';

/** An agent that has subscribed to a resource of its home `old`; `next` is of the same name and path. */
async function subscribed() {
  const directory = temporaryDirectory();
  const [old, next] = [await startFixture('sdk-stateful'), await startFixture('sdk-stateful')];
  const facts = { name: 'web', path: '/projects/web' };
  register(directory, { id: 'old', ...facts, port: old.port, pid: old.pid });
  const hub = startHubHere(directory);
  const agent = new MemoryAgent(hub);
  await agent.initialize();
  await agent.call(1, 'instances_connect', { instance_id: 'old' });
  agent.send({ jsonrpc: '2.0', id: 2, method: 'resources/subscribe', params: { uri } });
  await agent.answer(2);
  register(directory, { id: 'next', ...facts, port: next.port, pid: next.pid });
  await eventually(() =>
    expect(hub.instances()).toMatchObject([{ state: 'active' }, { state: 'active' }]),
  );
  return { agent, hub, next, removeOld: () => rmSync(`${directory}/old.json`) };
}

const updatesOf = ({ frames }: MemoryAgent) =>
  frames.filter(({ method }) => method === 'notifications/resources/updated');

describe('subscriptions', () => {
  it('go to a successor that single calls use already', async () => {
    const { agent, hub, next, removeOld } = await subscribed();
    const echo = { instance_id: 'next', tool: 'echo', arguments: { text: 'hi' } };
    await agent.call(3, 'instances_call', echo);
    removeOld();
    await agent.next(({ params }) => String(params?.data).includes('was restarted as "next"'));
    await eventually(async () =>
      expect((await statsOf(next)).methods).toMatchObject({ 'resources/subscribe': 1 }),
    );
    await agent.call(4, 'touch', { uri });
    await agent.next(({ method }) => method === 'notifications/resources/updated');
    expect(updatesOf(agent)).toHaveLength(1);
    // Of the supervising connection and of the agent's link.
    expect(await statsOf(next)).toMatchObject({ sessions: 2 });
    expect(hub.trafficOf('next')).toMatchObject({ callsInFlight: 0, waiting: 0 });
  });
});

describe('the log level', () => {
  it('is set at an instance that single calls use before it is the home', async () => {
    const { agent } = await subscribed();
    await agent.call(3, 'instances_call', {
      instance_id: 'next',
      tool: 'echo',
      arguments: { text: 'hi' },
    });
    const params = { level: 'error' };
    agent.send({ jsonrpc: '2.0', id: 4, method: 'logging/setLevel', params });
    expect(await agent.answer(4)).toMatchObject({ result: {} });
    await agent.call(5, 'instances_connect', { instance_id: 'next' });
    await agent.call(6, 'log', { level: 'info' });
    await agent.call(7, 'log', { level: 'error' });
    const logged = await agent.next(({ params }) => params?.logger === 'sdk');
    expect(logged['params'].data).toBe('a error message');
  });
});
