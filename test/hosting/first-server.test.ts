import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { isRunning } from '../../src/is-running.ts';
import { HandSession } from '../helpers/hand-session.ts';
import { callTool, startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';
import { agentOf, odd, pidOf, RunProcess } from '../helpers/run-process.ts';

/** A `run` of the odd server, and the processes that it has started. */
function counted(flags: readonly string[] = [], args: readonly string[] = []) {
  const file = join(temporaryDirectory(), 'pids');
  const run = new RunProcess(odd('--pids', file, ...flags), args);
  const pids = () => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  return { run, pids };
}

const listed = z.looseObject({
  tools: z.array(z.looseObject({ name: z.string() })),
  nextCursor: z.string().optional(),
  _meta: z.object({ pid: z.number() }),
});

const list = async (session: HandSession, params: object = {}) =>
  listed.parse((await session.request('tools/list', params)).result);

describe('the first process', () => {
  it('serves all idle hubs; an agent gets its own process when it makes a call', async () => {
    const { run, pids } = counted();
    const [one, other, third] = [await agentOf(run), await agentOf(run), await agentOf(run)];
    for (const { client } of [one, other, third]) {
      expect((await client.listTools()).tools.length).toBeGreaterThan(9);
    }
    expect(pids()).toHaveLength(1);
    const pid = await pidOf(one);
    expect(pids()).toEqual([pids()[0], pid]);
    expect(await pidOf(other)).not.toBe(pid);
    expect(await pidOf(one)).toBe(pid);
    expect(pids()).toHaveLength(3);
  });

  it('answers pings, initialize and every list, and gets no other requests', async () => {
    const { run, pids } = counted();
    const session = await HandSession.open(run, { protocolVersion: '2025-11-25' });
    expect(session.initialized.result).toMatchObject({ instructions: 'Handle with care.' });
    expect(await session.request('ping')).toMatchObject({ result: {} });
    expect((await list(session))._meta.pid).toBe(pids()[0]);
    expect(await session.request('resources/list')).toMatchObject({ result: { resources: [] } });
    expect(await session.request('prompts/list')).toMatchObject({ error: { code: -32601 } });
    expect(pids()).toHaveLength(1);
    await session.request('resources/subscribe', { uri: 'odd://x' });
    expect(pids()).toHaveLength(2);
    // From now on, its own process has the lists.
    expect((await list(session))._meta.pid).toBe(pids()[1]);
  });

  it.each(['gets another initialize for version %s', '2025-06-18'])(
    'is asked once more by version %s',
    async (version) => {
      const { run, pids } = counted();
      for (let n = 0; n < 2; n += 1) {
        const session = await HandSession.open(run, { protocolVersion: version });
        expect(session.initialized.result).toMatchObject({ protocolVersion: version });
        await list(session);
      }
      expect(pids()).toHaveLength(1);
    },
  );

  it('that accepts only one initialize leaves other versions to separate processes', async () => {
    const { run, pids } = counted(['--initializes-once', 'refusing']);
    const session = await HandSession.open(run, { protocolVersion: '2024-11-05' });
    expect(session.initialized.result).toMatchObject({ protocolVersion: '2024-11-05' });
    expect(pids()).toHaveLength(2);
    expect(await session.call('pid')).toBe(`${pids()[1]}`);
  });

  it('that never answers a second initialize leaves other versions to separate processes', async () => {
    const { run, pids } = counted(['--initializes-once', 'silently']);
    for (let n = 2; n <= 3; n += 1) {
      const session = await HandSession.open(run, { protocolVersion: '2024-11-05' });
      expect(session.initialized.result).toMatchObject({ protocolVersion: '2024-11-05' });
      expect(pids()).toHaveLength(n);
    }
  });

  it('serves every page of its lists, even to sessions that have since got their own process', async () => {
    const { run, pids } = counted(['--pages']);
    const session = await HandSession.open(run);
    const first = await list(session);
    expect(first.tools).toHaveLength(3);
    await session.call('pid');
    const second = await list(session, { cursor: first.nextCursor });
    expect(second.tools.map(({ name }) => name)).not.toEqual(first.tools.map(({ name }) => name));
    expect(second._meta.pid).toBe(pids()[0]);
    const anew = await list(session);
    expect(anew._meta.pid).toBe(pids()[1]);
    expect((await list(session, { cursor: anew.nextCursor }))._meta.pid).toBe(pids()[1]);
  });

  it('notifies sessions without their own process of changed lists', async () => {
    const { run, pids } = counted();
    const [idle, busy] = [await HandSession.open(run), await HandSession.open(run)];
    await busy.call('pid');
    const [told, untold] = [await idle.listen(), await busy.listen()];
    const before = await list(idle);
    process.kill(pids()[0] ?? 0, 'SIGUSR2');
    await eventually(() => expect(told).toEqual(['notifications/tools/list_changed']));
    expect((await list(idle)).tools).toHaveLength(before.tools.length + 1);
    expect((await list(busy)).tools).toHaveLength(before.tools.length);
    expect(untold).toEqual([]);
  });

  it('notifies hubs of changed lists', async () => {
    const { run, pids } = counted();
    const { client } = await startAgent(run.directory);
    await run.registered();
    await callTool(client, 'instances_wait', { name: 'odd' });
    process.kill(pids()[0] ?? 0, 'SIGUSR2');
    await eventually(async () => {
      const { structuredContent } = await callTool(client, 'instances_tools');
      expect(JSON.stringify(structuredContent)).toContain('extra-');
    });
    expect(pids()).toHaveLength(1);
  });

  it('is restarted when it dies, and its sessions continue', async () => {
    const { run, pids } = counted();
    const [idle, busy] = [await HandSession.open(run), await HandSession.open(run)];
    const own = await busy.call('pid');
    const told = await idle.listen();
    const [first = 0] = pids();
    expect((await list(idle))._meta.pid).toBe(first);
    process.kill(first, 'SIGKILL');
    await eventually(() => expect(pids()).toHaveLength(3));
    await eventually(() => expect(told).toEqual(['notifications/tools/list_changed']));
    expect((await list(idle))._meta.pid).toBe(pids()[2]);
    expect(await idle.request('ping')).toMatchObject({ result: {} });
    expect(await busy.call('pid')).toBe(own);
  });

  it('that keeps dying is given up', async () => {
    const { run, pids } = counted();
    await run.registered();
    for (let n = 1; n <= 6; n += 1) {
      await eventually(() => expect(pids()).toHaveLength(n));
      process.kill(pids()[n - 1] ?? 0, 'SIGKILL');
    }
    expect((await run.outcome()).stderr).toContain('exited too often, not restarted');
  });
});

describe("a session's own process", () => {
  it("gets the client's info", async () => {
    const { run } = counted();
    const agent = await agentOf(run, { capabilities: { roots: { listChanged: true } } });
    const introduced = JSON.parse(textOfAnswer(await callTool(agent.client, 'introduced')));
    expect(introduced).toMatchObject({
      capabilities: { roots: { listChanged: true } },
      clientInfo: { name: 'test-agent' },
    });
    const session = await HandSession.open(run, { clientInfo: { name: 'me', version: '3' } });
    expect(JSON.parse(await session.call('introduced'))).toMatchObject({
      clientInfo: { name: 'me', version: '3' },
    });
  });

  it('announces lists that differ from those of the first process', async () => {
    const { run } = counted();
    const session = await HandSession.open(run, { capabilities: { roots: {} } });
    const same = await HandSession.open(run);
    const [told, untold] = [await session.listen(), await same.listen()];
    const before = await list(session);
    await Promise.all([list(same), same.request('resources/list')]);
    await Promise.all([session.call('pid'), same.call('pid')]);
    await eventually(() => expect(told).toEqual(['notifications/tools/list_changed']));
    expect((await list(session)).tools).toHaveLength(before.tools.length + 1);
    expect(await same.call('heard')).toMatch(
      /tools\/call tools\/list resources\/list tools\/call$/,
    );
    expect(untold).toEqual([]);
  });

  it('is ended if its server refuses the client, and the call fails with the reason', async () => {
    const { run, pids } = counted();
    const session = await HandSession.open(run, { clientInfo: { name: 'stranger', version: '0' } });
    expect(await session.call('pid')).toBe('the server refused to initialize: no licence');
    await eventually(() => expect(pids().map((pid) => isRunning(pid))).toEqual([true, false]));
  });

  it('that never answers is waited for up to --start-timeout, and then the call fails', async () => {
    const { run, pids } = counted([], ['--start-timeout', '1s']);
    const session = await HandSession.open(run, { clientInfo: { name: 'nobody', version: '0' } });
    expect(await session.call('pid')).toContain(
      'the server did not answer initialize within 1 s (--start-timeout)',
    );
    await eventually(() => expect(pids().map((pid) => isRunning(pid))).toEqual([true, false]));
    expect(await session.request('ping')).toMatchObject({ result: {} });
  });

  it('is waited for by hubs, whatever their --connect-timeout', async () => {
    const { run, pids } = counted(['--starts-in', '2500']);
    const agent = await agentOf(run, { args: ['--connect-timeout', '500ms'] });
    expect(await pidOf(agent)).toBe(pids()[1]);
    expect(pids()).toHaveLength(2);
    expect(run.stderr).toMatch(
      /signalbox: waiting for .*stdio-odd\.mjs .* to answer initialize \(up to 30 s\)\n/,
    );
  });

  it('that is still starting is kept for the next client with the same initialize', async () => {
    const { run, pids } = counted(['--starts-in', '1500']);
    const impatient = await HandSession.open(run);
    const call = impatient.call('pid');
    await eventually(() => expect(pids()).toHaveLength(2));
    await impatient.close();
    await expect(call).rejects.toThrow();
    const other = await HandSession.open(run, { clientInfo: { name: 'other', version: '0' } });
    const [next, another] = [await HandSession.open(run), other];
    expect(await Promise.all([next.call('pid'), another.call('pid')])).toEqual([
      `${pids()[1]}`,
      `${pids()[2]}`,
    ]);
    expect(pids()).toHaveLength(3);
  });

  it('never gets a request that was cancelled while it started', async () => {
    const { run } = counted(['--starts-in', '1000']);
    const session = await HandSession.open(run);
    const cancelled = session.request('cancelled/soon');
    const call = session.call('heard');
    await session.notify('notifications/cancelled', { requestId: 2 });
    await expect(cancelled).rejects.toThrow();
    expect(await call).toBe('initialize notifications/initialized tools/call');
  });
});
