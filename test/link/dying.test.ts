import { describe, expect, it } from '@jest/globals';
import { DrivenHub, when } from '../helpers/driven-hub.ts';
import { expectSockets } from '../helpers/open-sockets.ts';

/** An agent whose call has reached an instance that doesn't answer it. */
async function callInFlight(way: 'bound' | 'passing', options: Readonly<Record<string, string>>) {
  const driven = new DrivenHub(options);
  const agent = driven.openAgent();
  const peer = await driven.peer('web');
  driven.write('web');
  await when(
    () => driven.instanceValue('web') === 'active.idle',
    () => 'the instance',
  );
  peer.tell({ call: 'hang' });
  if (way === 'bound') await agent.call('instances_connect', { instance_id: 'web' });
  const answer =
    way === 'bound'
      ? agent.call('tool-0')
      : agent.call('instances_call', { instance_id: 'web', tool: 'tool-0' });
  await when(
    () => peer.holds('call') === 1,
    () => 'the call',
  );
  return { driven, agent, peer, answer };
}

describe.each(['bound', 'passing'] as const)('a call in flight on a %s link', (way) => {
  it('fails if its instance dies without retries', async () => {
    const { driven, peer, answer } = await callInFlight(way, { 'max-retries': '0' });
    peer.tell({ ping: 'break' });
    peer.cut('hub');
    const { result } = await answer;
    expect(result).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'CONNECTION_LOST' } },
    });
    expect(driven.instance('web')?.state).toBe('dead');
    await expectSockets(driven);
  });

  it('fails if its instance is reconnected because its registration changed', async () => {
    const { driven, peer, answer } = await callInFlight(way, {});
    peer.tell({ connect: 'hang' });
    driven.writeAnew('web');
    const { result } = await answer;
    expect(result).toMatchObject({ structuredContent: { error: { code: 'CONNECTION_LOST' } } });
    expect(driven.instance('web')?.state).toBe('connecting');
    await expectSockets(driven);
  });
});
