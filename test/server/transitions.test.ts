import { rmSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { InstanceState } from '../../machines/model.ts';
import type { Hub } from '../../src/hub/hub.ts';
import * as plainPost from '../fixtures/plain-post.mjs';
import { breakAt } from '../helpers/broken-server.ts';
import { afterTest } from '../helpers/cleanup.ts';
import type { Frame } from '../helpers/frame-agent.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const URI = 'signalbox://instances/one';

/** An instance dies at its second failed attempt. The first retry comes after 100 ms at most. */
const MORTAL = {
  'ping-interval': ['50ms'],
  'retry-base': ['100ms'],
  'retry-cap': ['100ms'],
  'max-retries': ['1'],
  'revive-interval': ['0'],
};

/** Resolves at the next transition of `one` to this state. */
function next(hub: Hub, state: InstanceState): Promise<void> {
  return new Promise((resolve) => {
    const subscription = hub.actor.on('instance.transitioned', ({ id, transition }) => {
      if (id !== 'one' || transition.to !== state) return;
      subscription.unsubscribe();
      resolve();
    });
  });
}

/** Makes `one` appear, die, come back and go. Awaits `onKnown` once it is active. */
async function liveThrough(hub: Hub, directory: string, onKnown: () => Promise<void>) {
  const first = await plainPost.start();
  afterTest(first.close);
  const active = next(hub, 'active');
  const file = register(directory, { id: 'one', port: first.port });
  await active;
  await onKnown();
  const [retrying, dead] = [next(hub, 'retrying'), next(hub, 'dead')];
  await first.close();
  await retrying;
  const mend = await breakAt(first.port);
  await dead;
  await mend();
  const back = await plainPost.start({ port: first.port });
  afterTest(back.close);
  const activeAgain = next(hub, 'active');
  register(directory, { id: 'one', port: first.port, pid: process.pid });
  await activeAgain;
  const removed = next(hub, 'removed');
  rmSync(file);
  await removed;
}

async function agentAtHub() {
  const directory = temporaryDirectory();
  const hub = startHubHere(directory, MORTAL);
  const agent = new MemoryAgent(hub);
  await agent.initialize();
  // Startup is over, so answers are no longer delayed for it.
  await agent.call(1, 'instances_list');
  return { directory, hub, agent };
}

describe('instances_wait', () => {
  it('answers in the same turn as the transition, whatever state it waits for', async () => {
    const { directory, hub, agent } = await agentAtHub();
    const states = ['discovered', 'connecting', 'active', 'retrying', 'dead'];
    for (const state of states) {
      const args = { instance_id: 'one', state };
      const params = { name: 'instances_wait', arguments: args };
      agent.send({ jsonrpc: '2.0', id: state, method: 'tools/call', params });
    }
    const late: string[] = [];
    hub.actor.on('instance.transitioned', ({ transition: { to } }) => {
      setImmediate(() => {
        if (to !== 'removed' && !agent.frames.some(({ id }) => id === to)) late.push(to);
      });
    });
    await liveThrough(hub, directory, async () => {});
    expect(late).toEqual([]);
    for (const state of states) {
      const { structuredContent } = (await agent.answer(state))['result'];
      expect(structuredContent.instance).toMatchObject({ id: 'one', state });
    }
  });
});

describe('a subscription to an instance', () => {
  const isUpdate = ({ method, params }: Frame) =>
    method === 'notifications/resources/updated' && params.uri === URI;

  it('is notified of every transition as it happens, without merging or losing any', async () => {
    const { directory, hub, agent } = await agentAtHub();
    const told: [string, number][] = [];
    await liveThrough(hub, directory, async () => {
      const params = { uri: URI };
      agent.send({ jsonrpc: '2.0', id: 2, method: 'resources/subscribe', params });
      await agent.answer(2);
      hub.actor.on('instance.transitioned', ({ transition: { to } }) =>
        told.push([to, agent.frames.filter(isUpdate).length]),
      );
    });
    expect(told).toEqual([
      ['retrying', 1],
      ['dead', 2],
      ['connecting', 3],
      ['active', 4],
      ['removed', 5],
    ]);
  });

  it('ends when the agent unsubscribes', async () => {
    const { directory, hub, agent } = await agentAtHub();
    await liveThrough(hub, directory, async () => {
      for (const [id, method] of ['resources/subscribe', 'resources/unsubscribe'].entries()) {
        agent.send({ jsonrpc: '2.0', id: id + 2, method, params: { uri: URI } });
        await agent.answer(id + 2);
      }
    });
    expect(agent.frames.filter(isUpdate)).toEqual([]);
  });
});

describe('instances_health', () => {
  it('reports the last twenty transitions, oldest first, each starting where the previous one ended', async () => {
    const { directory, hub, agent } = await agentAtHub();
    const server = await plainPost.start();
    afterTest(server.close);
    const reasons: string[] = [];
    hub.actor.on('instance.transitioned', ({ transition }) => reasons.push(transition.reason));
    for (let round = 0; round < 12; round += 1) {
      const active = next(hub, 'active');
      const started = new Date(round).toISOString();
      register(directory, { id: 'one', port: server.port, started });
      await active;
    }
    const { structuredContent } = await agent.call(2, 'instances_health', { instance_id: 'one' });
    const transitions: { from: string; to: string; at: string; reason: string }[] =
      structuredContent.instances[0].transitions;
    expect(reasons).toHaveLength(25);
    expect(transitions.map(({ reason }) => reason)).toEqual(reasons.slice(-20));
    expect(transitions.map(({ to }) => to)).toEqual(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? 'connecting' : 'active')),
    );
    transitions.slice(1).forEach(({ from, at }, n) => {
      expect(from).toBe(transitions[n]?.to);
      expect(Date.parse(at)).toBeGreaterThanOrEqual(Date.parse(transitions[n]?.at ?? ''));
    });
  });
});
