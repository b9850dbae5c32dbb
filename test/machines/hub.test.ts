import { describe, expect, it } from '@jest/globals';
import { assign, createActor, fromCallback, fromPromise } from 'xstate';
import { bindingMachine } from '../../machines/binding.ts';
import type { LinkCommand, LinkInput } from '../../machines/binding-setup.ts';
import { hubMachine } from '../../machines/hub.ts';
import { instanceActors } from '../../machines/hub-children.ts';
import { instanceMachine } from '../../machines/instance.ts';
import type { ConnectionCommand } from '../../machines/instance-events.ts';
import { sessionMachine } from '../../machines/session.ts';
import { NO_SLOTS } from '../../machines/slots.ts';
import { supervisorOf } from '../../machines/supervisor.ts';
import { instanceRow } from '../../src/views/instance-row.ts';
import { instanceContext, instanceContexts, sessionRef } from '../../src/views/selectors.ts';
import { EMPTY, PEER, POLICY, WEB } from '../helpers/scripted-instance.ts';
import { SteppingClock } from '../helpers/stepping-clock.ts';

/** Milliseconds. */
const SETTLE = 1_000;
const NO_TRAFFIC = () => ({ callsInFlight: 0, lastActivity: null });

/** The hub chart with all its actors on a stepping clock. The test controls connections and links. */
function scriptedHub({ crashOn }: { crashOn?: string } = {}) {
  const clock = new SteppingClock();
  const connections = new Map<string, (failing?: boolean) => void>();
  const emitted: string[] = [];
  let closed = () => {};
  const actor = createActor(
    hubMachine.provide({
      actors: {
        instances: supervisorOf(
          instanceMachine.provide({
            actors: {
              connection: fromCallback<ConnectionCommand, { readonly id: string }>(
                ({ input, receive, sendBack }) => {
                  receive((command) => {
                    if (command.type !== 'open') return;
                    if (input.id === crashOn) throw new Error('a defect');
                    const { attempt } = command;
                    connections.set(input.id, (failing = false) =>
                      sendBack(
                        failing
                          ? {
                              type: 'connection.failed',
                              attempt,
                              failure: { code: 'CONNECTION_REFUSED', message: '' },
                            }
                          : { type: 'connection.up', attempt, peer: PEER, catalogue: EMPTY },
                      ),
                    );
                  });
                },
              ),
            },
            actions: {
              readWorld: assign({
                world: () => ({
                  now: clock.now,
                  random: 0.5,
                  callsInFlight: 0,
                  lastActivity: null,
                  waiting: 0,
                  tryInterval: null,
                }),
              }),
              deleteStaleFile: () => {},
            },
            guards: { processGone: () => false },
          }),
        ),
        session: sessionMachine.provide({
          actors: {
            binding: bindingMachine.provide({
              actors: {
                link: fromCallback<LinkCommand, LinkInput>(({ receive, sendBack }) => {
                  receive((command) => {
                    if (command.type === 'open')
                      sendBack({ type: 'link.up', attempt: command.attempt });
                  });
                }),
              },
            }),
          },
        }),
        closeAll: fromPromise(
          () =>
            new Promise<void>((resolve) => {
              closed = resolve;
            }),
        ),
      },
      actions: { readClock: assign({ now: () => clock.now }) },
    }),
    { input: { policy: POLICY, settle: SETTLE }, clock },
  );
  actor.on('instance.transitioned', ({ id, transition }) => emitted.push(`${id} ${transition.to}`));
  actor.on('actor.crashed', ({ actorId, restarted }) =>
    emitted.push(`${actorId} crashed, ${restarted}`),
  );
  actor.start();
  return {
    clock,
    actor,
    emitted,
    connections,
    closeAll: () => closed(),
    accept: (id: string, facts = {}) =>
      actor.send({ type: 'registration.accepted', registration: { ...WEB, id, ...facts } }),
    stateOf: (id: string) => instanceContext(actor.getSnapshot(), id)?.state,
    states: () => instanceContexts(actor.getSnapshot()).map(({ state }) => state),
  };
}

describe('the hub', () => {
  it('settles until each instance found is connected or has failed', () => {
    const hub = scriptedHub();
    for (let n = 0; n < 100; n += 1) hub.accept(`i${n}`);
    hub.actor.send({ type: 'scan.completed' });
    for (let n = 0; n < 98; n += 1) hub.connections.get(`i${n}`)?.(n % 2 === 0);
    hub.actor.send({ type: 'registration.removed', id: 'i98' });
    expect(hub.actor.getSnapshot().value).toBe('settling');
    hub.connections.get('i99')?.();
    expect(hub.actor.getSnapshot().value).toBe('running');
    hub.accept('late');
    expect(hub.actor.getSnapshot().value).toBe('running');
  });

  it('runs after the settle time if an instance does not answer', () => {
    const hub = scriptedHub();
    hub.accept('slow');
    hub.actor.send({ type: 'scan.completed' });
    hub.clock.advance(SETTLE - 1);
    expect(hub.actor.getSnapshot().value).toBe('settling');
    hub.clock.advance(1);
    expect(hub.actor.getSnapshot().value).toBe('running');
    expect(hub.stateOf('slow')).toBe('connecting');
  });

  it('does not wait for an instance whose actor crashed too often', () => {
    const hub = scriptedHub({ crashOn: 'bad' });
    hub.accept('bad');
    hub.actor.send({ type: 'scan.completed' });
    expect(hub.actor.getSnapshot().value).toBe('running');
    expect(hub.actor.getSnapshot().context.slots).toEqual(NO_SLOTS);
  });

  it('starts, runs when the first scan is done, stops and is stopped', async () => {
    const hub = scriptedHub();
    expect(hub.actor.getSnapshot().value).toBe('starting');
    hub.actor.send({ type: 'scan.completed' });
    expect(hub.actor.getSnapshot().value).toBe('running');
    hub.accept('a');
    hub.actor.send({ type: 'hub.stop' });
    expect(hub.actor.getSnapshot().value).toBe('stopping');
    hub.accept('b');
    expect(hub.stateOf('b')).toBeUndefined();
    hub.closeAll();
    await Promise.resolve();
    await Promise.resolve();
    expect(hub.actor.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
  });

  it('does not wait forever for connections to close', () => {
    const hub = scriptedHub();
    hub.actor.send({ type: 'hub.stop' });
    hub.clock.advance(1_000);
    expect(hub.actor.getSnapshot().value).toBe('stopped');
  });

  it('lets sixteen first attempts run at once', () => {
    const hub = scriptedHub();
    for (let n = 0; n < 40; n += 1) hub.accept(`i${n}`);
    const count = (wanted: string) => hub.states().filter((state) => state === wanted).length;
    expect([count('connecting'), count('discovered')]).toEqual([16, 24]);
    hub.connections.get('i0')?.();
    hub.connections.get('i1')?.(true);
    expect([count('connecting'), count('discovered'), count('active'), count('retrying')]).toEqual([
      16, 22, 1, 1,
    ]);
    for (let n = 2; n < 10; n += 1) hub.actor.send({ type: 'registration.removed', id: `i${n}` });
    expect([count('connecting'), count('discovered')]).toEqual([16, 14]);
    for (let n = 39; n > 30; n -= 1) hub.actor.send({ type: 'registration.removed', id: `i${n}` });
    for (let n = 10; n < 31; n += 1) hub.connections.get(`i${n}`)?.();
    expect(hub.actor.getSnapshot().context).toMatchObject({ slots: NO_SLOTS });
  });

  it('removes an instance at once, and accepts the same id again', () => {
    const hub = scriptedHub();
    hub.accept('a');
    hub.connections.get('a')?.();
    hub.actor.send({ type: 'registration.removed', id: 'a' });
    expect(hub.stateOf('a')).toBeUndefined();
    expect([...instanceActors(hub.actor.getSnapshot()).keys()]).toEqual([]);
    hub.actor.send({ type: 'registration.removed', id: 'a' });
    hub.accept('a');
    expect(hub.stateOf('a')).toBe('connecting');
    expect(hub.emitted).toEqual([
      'a discovered',
      'a connecting',
      'a active',
      'a removed',
      'a discovered',
      'a connecting',
    ]);
  });

  it('accepts words like __proto__ as ids', () => {
    const hub = scriptedHub();
    for (const id of ['__proto__', 'constructor', 'toString']) {
      hub.accept(id, { name: id });
      hub.connections.get(id)?.();
      expect(hub.stateOf(id)).toBe('active');
    }
    expect(hub.states()).toEqual(['active', 'active', 'active']);
  });

  it('restarts a crashed instance, three times in five seconds, and keeps running', () => {
    const hub = scriptedHub({ crashOn: 'bad' });
    hub.accept('good');
    hub.connections.get('good')?.();
    hub.accept('bad');
    expect(hub.emitted.filter((each) => each.includes('crashed'))).toEqual([
      'instance:bad crashed, true',
      'instance:bad crashed, true',
      'instance:bad crashed, true',
      'instance:bad crashed, false',
    ]);
    expect(hub.emitted.at(-1)).toBe('bad removed');
    expect(hub.stateOf('bad')).toBeUndefined();
    expect(hub.stateOf('good')).toBe('active');
    expect(hub.actor.getSnapshot().context.slots).toEqual(NO_SLOTS);
    hub.clock.advance(5_000);
    hub.accept('bad');
    expect(hub.emitted.filter((each) => each === 'instance:bad crashed, true')).toHaveLength(6);
  });

  it('wakes a thousand instances in batches', () => {
    const hub = scriptedHub();
    const ids = Array.from({ length: 1_000 }, (_, n) => `i${n}`);
    for (const id of ids) {
      hub.accept(id);
      hub.connections.get(id)?.(true);
    }
    const away = () => hub.states().filter((state) => state === 'retrying').length;
    expect(away()).toBe(1_000);
    hub.actor.send({ type: 'machine.woke' });
    expect(away()).toBe(900);
    hub.actor.send({ type: 'registration.removed', id: 'i500' });
    hub.clock.advance(0);
    expect(away()).toBe(0);
  });

  it('wakes what is not active', () => {
    const hub = scriptedHub();
    hub.accept('a');
    hub.connections.get('a')?.(true);
    expect(hub.stateOf('a')).toBe('retrying');
    hub.actor.send({ type: 'machine.woke' });
    expect(hub.stateOf('a')).toBe('connecting');
  });

  it('opens sessions, notifies them of instances, counts them, and ends them', () => {
    const hub = scriptedHub();
    hub.accept('a');
    hub.connections.get('a')?.();
    hub.actor.send({ type: 'session.opened', id: 's' });
    hub.actor.send({ type: 'session.opened', id: 't' });
    const session = () => sessionRef(hub.actor.getSnapshot(), 's')?.getSnapshot();
    sessionRef(hub.actor.getSnapshot(), 's')?.send({
      type: 'session.bind',
      instanceId: 'a',
      active: true,
    });
    expect(session()?.context.home).toBe('a');
    const row = (sessionId: string) => {
      const instance = instanceContext(hub.actor.getSnapshot(), 'a');
      if (instance === undefined) throw new Error('gone');
      return instanceRow(hub.actor.getSnapshot(), instance, NO_TRAFFIC, sessionId);
    };
    expect(row('s')).toMatchObject({ sessions: 1, connected: true });
    expect(row('t')).toMatchObject({ sessions: 1, connected: false });
    hub.actor.send({ type: 'registration.removed', id: 'a' });
    expect(session()?.context.home).toBeNull();
    hub.actor.send({ type: 'session.ended', id: 's' });
    expect(session()).toBeUndefined();
  });
});
