import { describe, expect, it } from '@jest/globals';
import { LINGER, RELINK_DELAY } from '../../machines/binding-setup.ts';
import { LOST, REFUSED, ScriptedSession, sessionAtHome } from '../helpers/scripted-session.ts';

/** A session that has called `api` once; the call is under way. */
function sessionThatCalls(): ScriptedSession {
  const session = new ScriptedSession();
  session.use('api');
  session.busy('api');
  session.up('api');
  return session;
}

describe('the binding to a home', () => {
  it('opens its link at once and is ready when that stands', () => {
    const session = new ScriptedSession();
    session.bind('web');
    expect(session.state).toBe('opening');
    expect(session.commands).toEqual([{ of: 'web', type: 'open', attempt: 1 }]);
    session.up();
    expect(session.state).toBe('bound.ready.used');
  });

  it('waits for an instance that is away, and opens its link when that is back', () => {
    const session = new ScriptedSession();
    session.bind('web', false);
    expect(session.state).toBe('bound.waiting');
    expect(session.commands.at(-1)).toEqual({ of: 'web', type: 'suspend' });
    session.clock.advance(60_000);
    expect(session.state).toBe('bound.waiting');
    session.instance('web', 'active');
    expect(session.state).toBe('bound.relinking');
    session.up();
    expect(session.state).toBe('bound.ready.used');
  });

  it('waits when the instance is away just as its link is opened', () => {
    const session = new ScriptedSession();
    session.bind('web');
    session.failed(LOST);
    expect(session.state).toBe('bound.waiting');
  });

  it('ends when the instance refuses its first link, not a later one', () => {
    const first = new ScriptedSession();
    first.bind('web');
    first.failed(REFUSED);
    expect(first.reports.at(-1)).toMatchObject({
      to: 'ended',
      because: 'refused',
      failure: REFUSED,
    });
    const later = sessionAtHome();
    later.instance('web', 'retrying');
    later.instance('web', 'active');
    later.failed(REFUSED);
    expect(later.state).toBe('bound.waiting');
  });

  it.each(['retrying', 'connecting', 'discovered'] as const)(
    'waits while its instance is %s, opening or ready',
    (state) => {
      const opening = new ScriptedSession();
      opening.bind('web');
      for (const session of [opening, sessionAtHome()]) {
        session.instance('web', state);
        expect(session.state).toBe('bound.waiting');
        session.instance('web', 'active');
        session.up();
        expect(session.state).toBe('bound.ready.used');
      }
    },
  );

  it('keeps opening if its instance is reported as active again', () => {
    const session = new ScriptedSession();
    session.bind('web');
    session.instance('web', 'active');
    expect(session.state).toBe('opening');
  });

  it.each([
    ['removed', 'gone'],
    ['dead', 'dead'],
  ] as const)('ends when its instance is %s, in whatever state it is', (state, because) => {
    const opening = new ScriptedSession();
    opening.bind('web');
    const waiting = sessionAtHome();
    waiting.lost();
    const relinking = sessionAtHome();
    relinking.instance('web', 'retrying');
    relinking.instance('web', 'active');
    for (const session of [opening, sessionAtHome(), waiting, relinking]) {
      session.instance('web', state);
      expect(session.reports.at(-1)).toMatchObject({ to: 'ended', because });
      expect(session.commands.at(-1)).toEqual({ of: 'web', type: 'close', because });
      expect(session.clock.pending).toBe(0);
    }
  });

  it('reopens a lost link while the instance is active, after a delay each time', () => {
    const session = sessionAtHome();
    session.lost();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(session.state).toBe('bound.waiting');
      session.clock.advance(RELINK_DELAY);
      expect(session.state).toBe('bound.relinking');
      session.failed();
    }
    session.clock.advance(RELINK_DELAY);
    session.up();
    expect(session.state).toBe('bound.ready.used');
  });

  it('ignores what an earlier attempt reports', () => {
    const session = sessionAtHome();
    session.instance('web', 'retrying');
    session.instance('web', 'active');
    session.late('web', 1);
    expect(session.state).toBe('bound.relinking');
    session.late('web', 2);
    expect(session.state).toBe('bound.ready.used');
  });

  it('is kept, used or not', () => {
    const session = sessionAtHome();
    session.clock.advance(LINGER * 10);
    expect(session.state).toBe('bound.ready.used');
  });
});

describe('the binding of a single call', () => {
  it('ends when no call has been under way for a while', () => {
    const session = sessionThatCalls();
    expect(session.stateOf('api')).toBe('bound.ready.used');
    session.idle('api');
    expect(session.stateOf('api')).toBe('bound.ready.unused');
    session.clock.advance(LINGER - 1);
    session.busy('api');
    session.clock.advance(LINGER);
    expect(session.stateOf('api')).toBe('bound.ready.used');
    session.idle('api');
    session.clock.advance(LINGER);
    expect(session.stateOf('api')).toBeNull();
    expect(session.context.bindings).toEqual([]);
    expect(session.clock.pending).toBe(0);
  });

  it('keeps calls that wait, whatever the instance answers to its first link', () => {
    const session = new ScriptedSession();
    session.use('api');
    session.busy('api');
    session.failed(REFUSED, 'api');
    expect(session.stateOf('api')).toBe('bound.waiting');
    session.clock.advance(RELINK_DELAY);
    expect(session.stateOf('api')).toBe('bound.relinking');
  });

  it('tries again at once when one more call is made', () => {
    const session = new ScriptedSession();
    session.use('api');
    session.busy('api');
    session.failed(REFUSED, 'api');
    session.use('api');
    expect(session.stateOf('api')).toBe('bound.relinking');
  });

  it('does not try at once an instance that is away', () => {
    const session = new ScriptedSession();
    session.use('api', false);
    session.use('api', false);
    expect(session.stateOf('api')).toBe('bound.waiting');
  });

  it.each([
    [
      'it waits',
      (session: ScriptedSession) => {
        session.instance('api', 'retrying');
        session.idle('api');
      },
    ],
    [
      'the instance goes away',
      (session: ScriptedSession) => {
        session.idle('api');
        session.instance('api', 'retrying');
      },
    ],
    [
      'its link cannot be opened again',
      (session: ScriptedSession) => {
        session.lost('api');
        session.clock.advance(RELINK_DELAY);
        session.idle('api');
        session.failed(LOST, 'api');
      },
    ],
  ])('ends without calls when %s', (_, happen) => {
    const session = sessionThatCalls();
    happen(session);
    expect(session.stateOf('api')).toBeNull();
  });

  it('ends when its call was cancelled before the link could be opened', () => {
    const session = new ScriptedSession();
    session.use('api');
    session.busy('api');
    session.idle('api');
    session.failed(REFUSED, 'api');
    expect(session.stateOf('api')).toBeNull();
  });

  it('is kept once it is the home', () => {
    const session = sessionThatCalls();
    session.idle('api');
    session.bind('api');
    session.clock.advance(LINGER * 10);
    expect(session.state).toBe('bound.ready.used');
  });

  it('ends like the binding to a home once it is one, also while it is opening', () => {
    const session = new ScriptedSession();
    session.use('api');
    session.bind('api');
    session.failed(REFUSED, 'api');
    expect(session.context).toMatchObject({ home: null, lost: { because: 'refused' } });
  });
});
