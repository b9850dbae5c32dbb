import { describe, expect, it } from '@jest/globals';
import type { Hub } from '../../src/hub/hub.ts';
import { Feed } from '../../src/inspector/feed.ts';
import { type ActorRow, hubMessageSchema } from '../../src/inspector/messages.ts';
import * as plainPost from '../fixtures/plain-post.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { asDeclared } from '../helpers/declared-output.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

describe('rows', () => {
  it('show the same last activity, wherever they are read', async () => {
    const directory = temporaryDirectory();
    const server = await plainPost.start();
    afterTest(server.close);
    register(directory, { id: 'one', port: server.port });
    const hub = startHubHere(directory, { 'ping-interval': ['1h'] });
    const agent = new MemoryAgent(hub);
    await agent.initialize();
    const connected = await agent.call(1, 'instances_connect', { instance_id: 'one' });
    const before = Date.parse(connected.structuredContent.instance.last_activity);
    // The clock of activity has milliseconds: a call in the same one would prove nothing.
    while (Date.now() <= before) await new Promise((resolve) => setImmediate(resolve));
    await agent.call(2, 'echo', { text: 'hello' });

    const listed = await agent.call(3, 'instances_list');
    const [{ last_activity }] = listed.structuredContent.instances;
    expect(Date.parse(last_activity)).toBeGreaterThan(before);
    const rows = [
      (await agent.call(4, 'instances_connect', { instance_id: 'one' })).structuredContent.instance,
      (await agent.call(5, 'instances_wait', { instance_id: 'one' })).structuredContent.instance,
      (await agent.call(6, 'instances_reconnect', { instance_id: 'one' })).structuredContent
        .instance,
      await read(agent, 7, 'signalbox://instances/one'),
      (await read(agent, 8, 'signalbox://instances'))[0],
      { ...hub.instances()[0], connected: true },
    ];
    const [seen] = viewOf(hub).filter((row) => row.chart === 'instance');
    expect(seen).toMatchObject({ ...listed.structuredContent.instances[0], connected: false });
    for (const row of rows) expect(row).toEqual(listed.structuredContent.instances[0]);
  });
});

describe('what a tool answers', () => {
  it('has the fields of its output schema and no others', () => {
    const answer = (structuredContent: object) => () =>
      asDeclared('instances_list', { structuredContent });
    expect(answer({ instances: [] })).not.toThrow();
    expect(answer({ instances: [], more: true })).toThrow();
    expect(answer({ instances: [{ id: 'web' }] })).toThrow();
  });
});

/** What a viewer of the hub is shown first. */
function viewOf(hub: Hub): ActorRow[] {
  const facts = { id: 'x', pid: 1, version: '1', directory: '/', watches: [], started: '' };
  const rows: ActorRow[] = [];
  const feed = new Feed({ ...hub, facts, agentOf: () => null });
  const viewer = feed.open((line) => {
    const message = hubMessageSchema.parse(JSON.parse(line));
    if (message.type === 'actors') rows.push(...message.actors);
  });
  viewer.close();
  feed.close();
  return rows;
}

async function read(agent: MemoryAgent, id: number, uri: string) {
  agent.send({ jsonrpc: '2.0', id, method: 'resources/read', params: { uri } });
  const { result } = await agent.answer(id);
  return JSON.parse(result.contents[0].text);
}
