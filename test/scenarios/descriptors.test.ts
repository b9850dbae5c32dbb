import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually, exitOf } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { startPeer } from '../helpers/scripted-peer.ts';

const MANY = 120;

/** The rows of all instances. */
async function rowsOf(agent: RawAgent, id: number) {
  const { structuredContent } = await agent.call(id, 'instances_list');
  return structuredContent.instances;
}

describe('a hub with few file descriptors', () => {
  it('connects to more instances than it has descriptors for, without losing any', async () => {
    const directory = temporaryDirectory();
    const peer = await startPeer();
    for (let n = 0; n < MANY; n += 1) register(directory, { id: `web-${n}`, port: peer.port });
    const agent = new RawAgent(directory, ['--max-retries', '2', '--ping-interval', '1s'], {
      descriptors: 64,
    });
    await agent.initialize();
    let id = 0;
    await eventually(async () => {
      id += 1;
      agent.send({ jsonrpc: '2.0', id: `ping-${id}`, method: 'ping' });
      expect((await agent.answer(`ping-${id}`))['result']).toEqual({});
      const rows = await rowsOf(agent, id);
      expect(rows).toHaveLength(MANY);
      for (const row of rows)
        expect(row).toMatchObject({ state: expect.not.stringMatching('dead') });
      expect(rows.filter(({ state }: { state: string }) => state === 'active')).toHaveLength(MANY);
    }, 40_000);
    // The cause is logged once, not once per instance.
    expect(agent.stderr.match(/out of file descriptors/g)?.length ?? 0).toBeLessThanOrEqual(2);
    expect(agent.stderr).not.toContain('registration refused');

    const connected = await agent.call(1_000, 'instances_connect', { instance_id: 'web-7' });
    expect(connected.isError).toBeUndefined();
    agent.child.kill('SIGTERM');
    expect(await exitOf(agent.child)).toBe(0);
  }, 60_000);

  it('still offers its socket and can be inspected', async () => {
    const directory = temporaryDirectory();
    const peer = await startPeer();
    for (let n = 0; n < MANY; n += 1) register(directory, { id: `web-${n}`, port: peer.port });
    const agent = new RawAgent(directory, [], { descriptors: 64 });
    await agent.initialize();
    await agent.call(1, 'instances_list');
    const hubs = `${process.env['XDG_RUNTIME_DIR']}/signalbox/hubs`;
    await eventually(() => expect(readdirSync(hubs)).toContain(`${agent.child.pid}.sock`));
  });
});
