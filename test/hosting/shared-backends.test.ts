import { describe, expect, it } from '@jest/globals';
import { isRunning } from '../../src/is-running.ts';
import { callTool, type startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { agentOf, odd, pidOf, RunProcess } from '../helpers/run-process.ts';

describe('with --shared, one server', () => {
  it('serves two agents, each with its own answers and progress', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    const [one, other] = [await agentOf(run), await agentOf(run)];
    expect(await pidOf(one)).toBe(await pidOf(other));
    const told: string[] = [];
    const slow = ({ client }: typeof one, text: string) =>
      client.callTool({ name: 'slow', arguments: { ms: 100, text } }, undefined, {
        onprogress: ({ message }) => told.push(`${text} was told ${message}`),
      });
    const answers = await Promise.all([slow(one, 'one'), slow(other, 'other'), slow(one, 'again')]);
    expect(answers.map(({ content }) => content)).toEqual(
      ['one', 'other', 'again'].map((text) => [{ type: 'text', text }]),
    );
    expect(told.sort()).toEqual([
      'again was told again',
      'one was told one',
      'other was told other',
    ]);
  });

  it('cancels only the call of the client that cancels', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    const [one, other] = [await agentOf(run), await agentOf(run)];
    const cancel = new AbortController();
    const call = callTool(one.client, 'slow', { ms: 60_000 }, { signal: cancel.signal });
    const cancelled = expect(call).rejects.toThrow();
    const kept = callTool(other.client, 'slow', { ms: 300, text: 'kept' });
    setTimeout(() => cancel.abort(), 50);
    await cancelled;
    expect(textOfAnswer(await kept)).toBe('kept');
  });

  it('sends resource updates only to subscribers, and is unsubscribed when none are left', async () => {
    const { ResourceUpdatedNotificationSchema } = await import(
      '@modelcontextprotocol/sdk/types.js'
    );
    const run = new RunProcess(odd(), ['--shared']);
    const heard = { one: 0, other: 0 };
    const listener = (name: 'one' | 'other') => ({
      prepare: (
        agent: Parameters<NonNullable<NonNullable<Parameters<typeof startAgent>[1]>['prepare']>>[0],
      ) =>
        agent.setNotificationHandler(ResourceUpdatedNotificationSchema, () => {
          heard[name] += 1;
        }),
    });
    const one = await agentOf(run, listener('one'));
    const other = await agentOf(run, listener('other'));
    const third = await agentOf(run);
    await one.client.subscribeResource({ uri: 'odd://x' });
    await third.client.subscribeResource({ uri: 'odd://x' });
    await callTool(other.client, 'announce', { uri: 'odd://x' });
    await eventually(() => expect(heard.one).toBe(1));
    await one.client.unsubscribeResource({ uri: 'odd://x' });
    const methods = async () => textOfAnswer(await callTool(other.client, 'heard')).split(' ');
    const count = (all: string[], method: string) => all.filter((each) => each === method).length;
    const before = await methods();
    expect(count(before, 'resources/subscribe')).toBe(1);
    expect(count(before, 'resources/unsubscribe')).toBe(0);
    await third.close();
    await eventually(async () => expect(count(await methods(), 'resources/unsubscribe')).toBe(1));
    expect(heard).toEqual({ one: 1, other: 0 });
  });

  it('refuses an unknown resource to each client that requests it', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    for (const { client } of [await agentOf(run), await agentOf(run)]) {
      await expect(client.subscribeResource({ uri: 'odd://none' })).rejects.toThrow(
        'no such resource',
      );
    }
  });

  it('gets errors for its requests, because it is unknown which client they are for', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    const { client } = await agentOf(run, { capabilities: { roots: {} } });
    expect(textOfAnswer(await callTool(client, 'ask'))).toContain(
      'a shared server cannot send requests to clients',
    );
  });

  it('is restarted for the next session when it dies', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    const agent = await agentOf(run);
    const pid = await pidOf(agent);
    const lost = await callTool(agent.client, 'die');
    expect(lost.structuredContent).toMatchObject({ error: { code: 'CONNECTION_LOST' } });
    const next = await pidOf(agent);
    expect(next).not.toBe(pid);
    expect(isRunning(pid)).toBe(false);
  });
});
