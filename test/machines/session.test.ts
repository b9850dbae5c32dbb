import { describe, expect, it } from '@jest/globals';
import { REFUSED, ScriptedSession, sessionAtHome } from '../helpers/scripted-session.ts';

describe('a session', () => {
  it('has a home once it is bound to an instance, and one binding', () => {
    const session = new ScriptedSession();
    expect(session.context).toEqual({ id: 's', home: null, lost: null, bindings: [] });
    session.bind('web');
    expect(session.context).toMatchObject({ home: 'web', bindings: ['web'] });
    session.up();
    expect(session.reports.map(({ to, instanceId, role }) => [to, instanceId, role])).toEqual([
      ['opening', 'web', 'home'],
      ['bound', 'web', 'home'],
    ]);
  });

  it('has no home when the instance refuses, and knows why', () => {
    const session = new ScriptedSession();
    session.bind('web');
    session.failed(REFUSED);
    expect(session.context).toEqual({
      id: 's',
      home: null,
      lost: { instanceId: 'web', because: 'refused', failure: REFUSED },
      bindings: [],
    });
    session.instance('web', 'active');
    session.succeed('web', 'web-2');
    expect(session.context.home).toBeNull();
  });

  it('switches its home, and stays when it is bound to the same', () => {
    const session = sessionAtHome();
    const before = session.commands.length;
    session.bind('web');
    expect(session.commands).toHaveLength(before);
    session.bind('api');
    expect(session.state).toBe('opening');
    expect(session.stateOf('web')).toBeNull();
    expect(session.commands.slice(before)).toMatchObject([
      { of: 'web', type: 'close', because: null },
      { of: 'api', type: 'open' },
    ]);
    session.bind('db', false);
    expect(session.context).toMatchObject({ home: 'db', bindings: ['db'] });
    expect(session.state).toBe('bound.waiting');
  });

  it('leaves its home when asked', () => {
    const session = sessionAtHome();
    session.unbind();
    expect(session.context).toMatchObject({ home: null, lost: null, bindings: [] });
    expect(session.reports.at(-1)).toMatchObject({ instanceId: 'web', to: 'ended', because: null });
    session.unbind();
    expect(session.context.home).toBeNull();
  });

  it.each([
    ['removed', 'gone'],
    ['dead', 'dead'],
  ] as const)('loses its home when that is %s', (state, because) => {
    const session = sessionAtHome();
    session.instance('web', state);
    expect(session.context).toMatchObject({
      home: null,
      lost: { instanceId: 'web', because },
      bindings: [],
    });
    expect(session.reports.at(-1)).toMatchObject({ to: 'ended', because });
    expect(session.commands.at(-1)).toEqual({ of: 'web', type: 'close', because });
  });

  it('notifies a binding only of its own instance', () => {
    const session = sessionAtHome();
    session.instance('api', 'removed');
    expect(session.state).toBe('bound.ready.used');
  });

  it('is bound to its home again when that revives, but not to an instance that reused its id', () => {
    const revived = sessionAtHome();
    revived.instance('web', 'dead');
    revived.instance('web', 'active');
    expect(revived.context).toMatchObject({ home: 'web', lost: null });
    expect(revived.state).toBe('bound.relinking');
    expect(revived.inputs.get('web')).toMatchObject({ succeeds: 'web' });
    for (const states of [['removed'], ['dead', 'removed']] as const) {
      const removed = sessionAtHome();
      for (const to of states) removed.instance('web', to);
      removed.instance('web', 'active');
      expect(removed.context.home).toBeNull();
      // The hub knows the successor, which may have the same id.
      removed.succeed('web', 'web', false);
      expect(removed.context.home).toBe('web');
      expect(removed.state).toBe('bound.waiting');
    }
  });

  it.each([
    ['which is ready', () => {}],
    ['which is away', (session: ScriptedSession) => session.instance('web', 'retrying')],
    ['which is dead', (session: ScriptedSession) => session.instance('web', 'dead')],
    ['which is gone', (session: ScriptedSession) => session.instance('web', 'removed')],
  ] as const)('follows its home, %s, to the successor', (_, prepare) => {
    const session = sessionAtHome();
    prepare(session);
    session.succeed('web', 'web-2');
    expect(session.context).toMatchObject({ home: 'web-2', lost: null, bindings: ['web-2'] });
    expect(session.state).toBe('bound.relinking');
    expect(session.inputs.get('web-2')).toMatchObject({ role: 'home', succeeds: 'web' });
    expect(session.reports.at(-1)).toMatchObject({ instanceId: 'web-2', succeeds: 'web' });
    session.instance('web', 'removed');
    expect(session.context.home).toBe('web-2');
  });

  it('follows its home to a successor that it uses already', () => {
    const session = sessionAtHome();
    session.use('web-2');
    session.busy('web-2');
    session.up('web-2');
    session.succeed('web', 'web-2');
    expect(session.context).toMatchObject({ home: 'web-2', bindings: ['web-2'] });
    expect(session.commands.at(-1)).toEqual({ of: 'web-2', type: 'takeOver', from: 'web' });
    expect(session.reports.at(-1)).toMatchObject({
      ...{ instanceId: 'web-2', role: 'home', to: 'bound', succeeds: 'web' },
    });
  });

  it('does not follow a home that the agent has left', () => {
    const session = sessionAtHome();
    session.instance('web', 'dead');
    session.unbind();
    session.succeed('web', 'web-2');
    expect(session.context).toMatchObject({ home: null, bindings: [] });
  });

  it('keeps a home that is succeeded under its own id', () => {
    const session = sessionAtHome();
    session.instance('web', 'retrying');
    const before = session.commands.length;
    session.succeed('web', 'web', false);
    expect(session.commands).toHaveLength(before);
    expect(session.state).toBe('bound.waiting');
  });

  it('uses other instances beside its home, each by one binding', () => {
    const session = sessionAtHome();
    session.use('api');
    session.use('api');
    session.use('web');
    expect(session.context).toMatchObject({ home: 'web', bindings: ['web', 'api'] });
    expect(session.inputs.get('api')).toMatchObject({ role: 'once', succeeds: null });
    session.instance('api', 'dead');
    expect(session.context).toMatchObject({ home: 'web', lost: null, bindings: ['web'] });
  });

  it('follows an instance that it uses to the successor, in the same role', () => {
    const session = sessionAtHome();
    session.use('api');
    session.busy('api');
    session.succeed('api', 'api-2', false);
    expect(session.context).toMatchObject({ home: 'web', bindings: ['web', 'api-2'] });
    expect(session.inputs.get('api-2')).toMatchObject({ role: 'once', succeeds: 'api' });
    expect(session.stateOf('api-2')).toBe('bound.waiting');
  });

  it('makes an instance that it uses its home without a new link', () => {
    const session = new ScriptedSession();
    session.use('api');
    session.busy('api');
    session.up('api');
    const before = session.commands.length;
    session.bind('api');
    expect(session.context).toMatchObject({ home: 'api', bindings: ['api'] });
    expect(session.commands).toHaveLength(before);
    expect(session.reports.at(-1)).toMatchObject({ instanceId: 'api', role: 'home', to: 'bound' });
  });

  it('ends with all of its bindings', () => {
    const session = sessionAtHome();
    session.use('api');
    session.session.send({ type: 'session.close' });
    expect(session.session.getSnapshot().status).toBe('done');
    expect(session.inputs.size).toBe(0);
    expect(session.clock.pending).toBe(0);
  });
});
