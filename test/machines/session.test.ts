import { describe, expect, it } from '@jest/globals';
import { createActor, fromCallback, setup } from 'xstate';
import type { Failure, InstanceState } from '../../machines/model.ts';
import { sessionMachine } from '../../machines/session.ts';
import type { LinkCommand, SessionReport } from '../../machines/session-setup.ts';
import { SteppingClock } from '../helpers/stepping-clock.ts';

const LOST = { code: 'CONNECTION_LOST', message: 'broke' } as const;
const REFUSED = { code: 'HTTP_ERROR', message: 'answered HTTP 500' } as const;

function scriptedSession() {
  const clock = new SteppingClock();
  const commands: LinkCommand[] = [];
  const reports: SessionReport[] = [];
  const machine = sessionMachine.provide({
    actors: {
      link: fromCallback<LinkCommand, { readonly id: string }>(({ receive }) => {
        receive((command) => commands.push(command));
      }),
    },
  });
  const parent = setup({
    types: { events: {} as SessionReport },
    actors: { session: machine },
  }).createMachine({
    invoke: { src: 'session', id: 'session', input: { id: 's' } },
    on: { 'session.transitioned': { actions: ({ event }) => reports.push(event) } },
  });
  const root = createActor(parent, { clock }).start();
  const session = root.getSnapshot().children['session'];
  if (session === undefined) throw new Error('not started');
  const attempt = () => session.getSnapshot().context.attempt;
  return {
    clock,
    commands,
    reports,
    session,
    get value() {
      return session.getSnapshot().value;
    },
    get context() {
      return session.getSnapshot().context;
    },
    bind: (instanceId: string, active = true) =>
      session.send({ type: 'session.bind', instanceId, active }),
    up: () => session.send({ type: 'link.up', attempt: attempt() }),
    failed: (failure: Failure = LOST) =>
      session.send({ type: 'link.failed', attempt: attempt(), failure }),
    lost: () => session.send({ type: 'link.lost', attempt: attempt(), failure: LOST }),
    instance: (id: string, to: InstanceState) =>
      session.send({
        type: 'instance.transitioned',
        id,
        transition: { from: null, to, at: 0, reason: '' },
      }),
    lastCommand: () => commands.at(-1),
  };
}

const bound = () => {
  const session = scriptedSession();
  session.bind('web');
  session.up();
  return session;
};

describe('a session', () => {
  it('is unbound, binding, bound', () => {
    const session = scriptedSession();
    expect(session.value).toBe('unbound');
    session.bind('web');
    expect(session.value).toBe('binding');
    expect(session.lastCommand()).toEqual({ type: 'open', attempt: 1, instanceId: 'web' });
    session.up();
    expect(session.value).toEqual({ bound: 'ready' });
    expect(session.reports.map(({ to, instanceId }) => [to, instanceId])).toEqual([
      ['unbound', null],
      ['binding', 'web'],
      ['bound', 'web'],
    ]);
  });

  it('is unbound again when the link is refused', () => {
    const session = scriptedSession();
    session.bind('web');
    session.failed(REFUSED);
    expect(session.value).toBe('unbound');
    expect(session.reports.at(-1)).toMatchObject({
      to: 'unbound',
      leftBecause: 'refused',
      failure: REFUSED,
    });
  });

  it('is bound to an instance that is away when its link is opened, and waits for it', () => {
    const session = scriptedSession();
    session.bind('web');
    session.failed();
    expect(session.value).toEqual({ bound: 'waiting' });
  });

  it('follows an instance to its successor, with what waits, wherever it is', () => {
    for (const away of [
      () => {},
      (of: ReturnType<typeof bound>) => of.instance('web', 'retrying'),
    ]) {
      const session = bound();
      away(session);
      session.session.send({ type: 'session.succeed', from: 'web', to: 'web-2', active: true });
      expect(session.value).toEqual({ bound: 'relinking' });
      expect(session.context.instanceId).toBe('web-2');
      expect(session.commands.slice(-2)).toMatchObject([
        { type: 'move', from: 'web', to: 'web-2' },
        { type: 'open', instanceId: 'web-2' },
      ]);
      expect(session.reports.at(-1)).toMatchObject({ instanceId: 'web-2', succeeds: 'web' });
      // What becomes of the old one is nothing to it.
      session.instance('web', 'dead');
      expect(session.context.instanceId).toBe('web-2');
    }
  });

  it('has its instance again when that revives, but not one that took its id', () => {
    const revived = bound();
    revived.instance('web', 'dead');
    revived.instance('web', 'active');
    expect(revived.value).toEqual({ bound: 'relinking' });
    for (const ways of [['removed'], ['dead', 'removed']] as const) {
      const removed = bound();
      for (const to of ways) removed.instance('web', to);
      removed.instance('web', 'active');
      expect(removed.value).toBe('unbound');
      // Whoever is its successor is known from elsewhere, also under the same id.
      removed.session.send({ type: 'session.succeed', from: 'web', to: 'web', active: false });
      expect(removed.value).toEqual({ bound: 'waiting' });
    }
  });

  it('has no successor of an instance that the agent has left', () => {
    const session = bound();
    session.instance('web', 'dead');
    session.session.send({ type: 'session.unbind' });
    session.session.send({ type: 'session.succeed', from: 'web', to: 'web-2', active: true });
    expect(session.value).toBe('unbound');
  });

  it('binds to an instance that is away, and opens the link when it is back', () => {
    const session = scriptedSession();
    session.bind('web', false);
    expect(session.value).toEqual({ bound: 'waiting' });
    expect(session.lastCommand()).toEqual({ type: 'suspend', instanceId: 'web' });
    session.clock.advance(60_000);
    expect(session.value).toEqual({ bound: 'waiting' });
    session.instance('web', 'active');
    expect(session.value).toEqual({ bound: 'relinking' });
    session.up();
    expect(session.value).toEqual({ bound: 'ready' });
  });

  it.each(['retrying', 'connecting', 'discovered'] as const)(
    'waits while its instance is %s',
    (state) => {
      const session = bound();
      session.instance('web', state);
      expect(session.value).toEqual({ bound: 'waiting' });
      session.instance('web', 'active');
      session.up();
      expect(session.value).toEqual({ bound: 'ready' });
    },
  );

  it.each([
    ['removed', 'gone'],
    ['dead', 'dead'],
  ] as const)('is unbound when its instance is %s, in whatever state it is', (state, because) => {
    const prepared = [
      bound(),
      (() => {
        const session = scriptedSession();
        session.bind('web');
        return session;
      })(),
      (() => {
        const session = bound();
        session.lost();
        return session;
      })(),
    ];
    for (const session of prepared) {
      session.instance('web', state);
      expect(session.value).toBe('unbound');
      expect(session.reports.at(-1)).toMatchObject({ leftBecause: because });
      expect(session.lastCommand()).toEqual({ type: 'close', because });
    }
  });

  it('does not mind other instances', () => {
    const session = bound();
    session.instance('api', 'removed');
    expect(session.value).toEqual({ bound: 'ready' });
  });

  it('opens a lost link again while the instance is active', () => {
    const session = bound();
    session.lost();
    expect(session.value).toEqual({ bound: 'waiting' });
    session.clock.advance(1_000);
    expect(session.value).toEqual({ bound: 'relinking' });
    session.failed();
    expect(session.value).toEqual({ bound: 'waiting' });
    session.clock.advance(1_000);
    session.up();
    expect(session.value).toEqual({ bound: 'ready' });
  });

  it('waits, when its instance goes away while it is binding', () => {
    const session = scriptedSession();
    session.bind('web');
    session.instance('web', 'retrying');
    expect(session.value).toEqual({ bound: 'waiting' });
  });

  it('goes on binding when it hears once more that its instance is active', () => {
    const session = scriptedSession();
    session.bind('web');
    session.instance('web', 'active');
    expect(session.value).toBe('binding');
  });

  it('ignores what an earlier attempt reports', () => {
    const session = scriptedSession();
    session.bind('web');
    session.bind('api');
    session.session.send({ type: 'link.up', attempt: 1 });
    expect(session.value).toBe('binding');
    session.up();
    expect(session.context.instanceId).toBe('api');
  });

  it('switches, and stays when it is bound to the same', () => {
    const session = bound();
    const before = session.commands.length;
    session.bind('web');
    expect(session.commands).toHaveLength(before);
    session.bind('api');
    expect(session.value).toBe('binding');
    session.bind('db', false);
    expect(session.value).toEqual({ bound: 'waiting' });
    expect(session.context.instanceId).toBe('db');
  });

  it.each([true, false])('reports to where it switches, which is active: %s', (active) => {
    const session = bound();
    session.bind('db', active);
    expect(session.reports.at(-1)).toMatchObject({
      to: active ? 'binding' : 'bound',
      instanceId: 'db',
    });
  });

  it('leaves when asked, and ends', () => {
    const session = bound();
    session.session.send({ type: 'session.unbind' });
    expect(session.value).toBe('unbound');
    expect(session.reports.at(-1)).toMatchObject({ instanceId: null, leftBecause: null });
    session.session.send({ type: 'session.close' });
    expect(session.session.getSnapshot().status).toBe('done');
    expect(session.clock.pending).toBe(0);
  });

  it('closes its link when it ends', () => {
    const session = bound();
    session.session.send({ type: 'session.close' });
    expect(session.lastCommand()).toMatchObject({ type: 'close' });
  });
});
