import { describe, expect, it } from '@jest/globals';
import { instanceActorId } from '../../machines/hub-children.ts';
import { DrivenHub, when } from '../helpers/driven-hub.ts';

/** Waits for the state of an instance's actor, as its chart names it. */
const reaches = (driven: DrivenHub, id: string, value: string) =>
  when(
    () => driven.instanceValue(id) === value,
    () => `${id} to be ${value}; it is ${driven.instanceValue(id)}`,
  );

const messagesTo = ({ frames }: { readonly frames: readonly string[] }) =>
  frames.filter((frame) => frame.includes('"notifications/message"'));

describe('a home that died', () => {
  it('is home again when it returns while instances_call waits for it', async () => {
    const driven = new DrivenHub({ 'max-retries': '1' });
    const agent = driven.openAgent();
    const web = await driven.peer('web');
    driven.write('web');
    await reaches(driven, 'web', 'active.idle');
    await agent.call('instances_connect', { instance_id: 'web' });
    web.tell({ connect: 'break', ping: 'break' });
    web.cut('hub');
    await reaches(driven, 'web', 'retrying.waiting');
    driven.stepTo(instanceActorId('web'), 'backoff');
    await reaches(driven, 'web', 'dead.resting');
    expect(driven.session(agent.id)).toMatchObject({ home: null, lost: { instanceId: 'web' } });
    driven.writeAnew('web');
    await reaches(driven, 'web', 'retrying.waiting');

    const call = agent.call('instances_call', {
      instance_id: 'web',
      tool: 'tool-0',
      arguments: { key: 'once' },
    });
    await when(
      () => driven.bindingValue(agent.id, 'web') === 'bound.waiting',
      () => 'the binding of the call',
    );
    web.recover();
    driven.stepTo(instanceActorId('web'), 'backoff');
    expect((await call).result).toMatchObject({ content: [{ text: 'once' }] });
    expect((await agent.call('tool-0', { key: 'home' })).result).toMatchObject({
      content: [{ text: 'home' }],
    });
    expect(driven.session(agent.id)).toMatchObject({ home: 'web', bindings: ['web'] });
    expect(messagesTo(agent)).toEqual([
      expect.stringContaining('Disconnected'),
      expect.stringContaining('Connected again'),
    ]);
    expect([...web.taken]).toEqual([
      ['once', 1],
      ['home', 1],
    ]);
    expect(driven.hub.trafficOf('web')).toMatchObject({ callsInFlight: 0, waiting: 0 });
  });
});

describe('instances_connect to an instance that single calls use', () => {
  it.each(['bound.waiting', 'bound.relinking'])(
    'fails when the instance refuses its sessions, %s',
    async (value) => {
      const driven = new DrivenHub({});
      const agent = driven.openAgent();
      const web = await driven.peer('web');
      driven.write('web');
      await reaches(driven, 'web', 'active.idle');
      web.tell({ link: 500 });
      const call = agent.call('instances_call', { instance_id: 'web', tool: 'tool-0' });
      const binding = (state: string) =>
        when(
          () => driven.bindingValue(agent.id, 'web') === state,
          () => `the binding to be ${state}`,
        );
      await binding('bound.waiting');
      if (value === 'bound.relinking') {
        web.tell({ link: 'hang' });
        driven.stepTo('binding:web', 'relinkDelay');
        await binding(value);
      }
      const connected = agent.call('instances_connect', { instance_id: 'web' });
      await when(
        () => driven.session(agent.id)?.home === 'web',
        () => 'the home',
      );
      web.tell({ link: 500 });
      expect((await connected).result).toMatchObject({
        isError: true,
        structuredContent: { error: { code: 'INSTANCE_REFUSED' } },
      });
      expect((await call).result).toMatchObject({ isError: true });
      expect(driven.session(agent.id)).toMatchObject({ home: null, bindings: [] });
    },
  );
});

describe('a single call', () => {
  it.each(['instances_disconnect', 'instances_connect'])(
    'goes on when its instance becomes the home and is left by %s',
    async (tool) => {
      const driven = new DrivenHub({});
      const agent = driven.openAgent();
      const web = await driven.peer('web');
      await driven.peer('api');
      for (const id of ['web', 'api']) {
        driven.write(id);
        await reaches(driven, id, 'active.idle');
      }
      web.tell({ call: 'hang' });
      const single = agent.call('instances_call', {
        instance_id: 'web',
        tool: 'tool-0',
        arguments: { key: 'single' },
      });
      const held = (count: number) =>
        when(
          () => web.holds('call') === count,
          () => `${count} calls at the peer`,
        );
      await held(1);
      await agent.call('instances_connect', { instance_id: 'web' });
      const atHome = agent.call('tool-0', { key: 'home' });
      await held(2);
      await agent.call(tool, tool === 'instances_connect' ? { instance_id: 'api' } : {});
      expect((await atHome).result).toMatchObject({ isError: true });
      expect(JSON.stringify((await atHome).result)).toContain('CALL_ABANDONED');
      expect(driven.session(agent.id)?.home).toBe(tool === 'instances_connect' ? 'api' : null);
      web.recover();
      expect((await single).result).toMatchObject({ content: [{ text: 'single' }] });
      driven.stepTo('binding:web', 'linger');
      await when(
        () => driven.bindingValue(agent.id, 'web') === null && web.streams('link') === 0,
        () => 'the link to be closed',
      );
      expect(driven.hub.trafficOf('web')).toMatchObject({ callsInFlight: 0, waiting: 0 });
      expect(driven.replay().differences).toEqual([]);
    },
  );
});
