import { describe, expect, it } from '@jest/globals';
import { DrivenHub, when } from '../helpers/driven-hub.ts';
import { expectSockets } from '../helpers/open-sockets.ts';

/** An agent whose call an instance has taken and doesn't answer. */
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

describe.each(['bound', 'passing'] as const)('a call that is under way on a %s link', (way) => {
  it('is lost when its instance is dead at once', async () => {
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

  it('is lost when its instance is connected to anew, with other facts', async () => {
    const { driven, peer, answer } = await callInFlight(way, {});
    peer.tell({ connect: 'hang' });
    driven.writeAnew('web');
    const { result } = await answer;
    expect(result).toMatchObject({ structuredContent: { error: { code: 'CONNECTION_LOST' } } });
    expect(driven.instance('web')?.state).toBe('connecting');
    await expectSockets(driven);
  });
});
