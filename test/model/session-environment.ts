import type { AnyEventObject } from 'xstate';
import { z } from 'zod';
import { instanceActorId, sessionActorId } from '../../machines/hub-setup.ts';
import { type Agent, type DrivenHub, when } from '../helpers/driven-hub.ts';
import type { Matter, ScriptedPeer } from '../helpers/scripted-peer.ts';

const lost = z.looseObject({ failure: z.looseObject({ code: z.literal('CONNECTION_LOST') }) });
const isLost = (event: AnyEventObject) => lost.safeParse(event).success;
const succeed = z.looseObject({ from: z.string(), active: z.boolean() });
const bind = z.looseObject({ instanceId: z.string() });
const transitioned = z.looseObject({
  id: z.string(),
  transition: z.looseObject({ to: z.enum(['active', 'retrying', 'dead', 'removed']) }),
});

/** Brings about in earnest what a path through the session chart says. */
export class SessionEnvironment {
  readonly #driven: DrivenHub;
  readonly #agent: Agent;

  constructor(driven: DrivenHub, agent: Agent) {
    this.#driven = driven;
    this.#agent = agent;
  }

  /** `steady` is active, `frail` for the last time, `away` is retrying; links hang until they are told otherwise. */
  async start(): Promise<void> {
    const driven = this.#driven;
    const steady = await driven.peer('steady');
    const frail = await driven.peer('frail');
    const away = await driven.peer('away');
    frail.tell({ connect: 'break' });
    away.tell({ connect: 'break' });
    driven.write('steady');
    driven.write('frail');
    await this.#until('frail', 'retrying.waiting');
    await this.#until('steady', 'active.idle');
    frail.tell({ connect: 'well' });
    driven.stepTo(instanceActorId('frail'), 'backoff');
    await this.#until('frail', 'active.idle');
    driven.write('away');
    await this.#until('away', 'retrying.waiting');
    for (const peer of [steady, frail, away]) peer.tell({ connect: 'hang', link: 'hang' });
  }

  /** Has `event` come, and waits until the session is in the state that the chart says. */
  async take(event: AnyEventObject, value: string | null): Promise<void> {
    const driven = this.#driven;
    const actorId = sessionActorId(this.#agent.id);
    const before = driven.received(actorId, event.type);
    await this.#provoke(event);
    const expected = value === 'closed' ? null : value;
    const reached = () => driven.sessionValue(this.#agent.id);
    await when(
      () => driven.received(actorId, event.type) > before && reached() === expected,
      () => `${event.type} → ${value}; it is ${reached()}`,
    );
    for (const peer of driven.peers.values()) {
      peer.tell({ connect: 'hang', link: 'hang', ping: 'well', call: 'well' });
    }
  }

  /** Everything is well again; whatever was asked is answered. */
  async expectAnswers(): Promise<void> {
    for (const peer of this.#driven.peers.values()) peer.recover();
    void this.#agent.call('instances_disconnect');
    await when(
      () => this.#agent.waiting === 0,
      () => `${this.#agent.waiting} answers after ${this.#agent.frames.join('\n')}`,
    );
  }

  async #provoke(event: AnyEventObject): Promise<void> {
    const driven = this.#driven;
    switch (event.type) {
      case 'session.bind':
        void this.#agent.call('instances_connect', { instance_id: bind.parse(event).instanceId });
        return;
      case 'session.unbind':
        void this.#agent.call('instances_disconnect');
        return;
      case 'session.close':
        void this.#agent.close();
        for (const peer of driven.peers.values()) peer.recover();
        return;
      case 'instance.transitioned': {
        const { id, transition } = transitioned.parse(event);
        return this.#bring(id, transition.to);
      }
      case 'session.succeed':
        return this.#succeed(succeed.parse(event));
      case 'link.up':
        return (await this.#held('link')).tell({ link: 'well' });
      case 'link.failed':
        return (await this.#held('link')).tell({ link: isLost(event) ? 'break' : 500 });
      case 'link.lost':
        this.#bound().tell({ link: 500 });
        this.#bound().forgetLinks();
        void this.#agent.call('tool-0');
        return;
      default:
        return driven.stepTo(sessionActorId(this.#agent.id), 'relinkDelay');
    }
  }

  async #bring(id: string, state: 'active' | 'retrying' | 'dead' | 'removed'): Promise<void> {
    const driven = this.#driven;
    if (state === 'removed') return driven.remove(id);
    if (driven.instance(id)?.state === 'active') {
      driven.peers.get(id)?.tell({ ping: 'break' });
      driven.peers.get(id)?.cut('hub');
      return;
    }
    if (driven.instanceValue(id) === 'dead.resting') {
      void this.#agent.call('instances_reconnect', { instance_id: id });
    }
    if (driven.instanceValue(id) === 'retrying.waiting') {
      driven.stepTo(instanceActorId(id), 'backoff');
    }
    (await this.#held('connect', id)).tell({ connect: state === 'active' ? 'well' : 'break' });
  }

  /** One of the same name and path is there, and the file of the other is removed. */
  async #succeed({ from, active }: z.infer<typeof succeed>): Promise<void> {
    const driven = this.#driven;
    const heir = await driven.peer('heir');
    heir.tell({ connect: active ? 'well' : 'break', link: 'hang' });
    driven.write('heir', { name: from, path: `/projects/${from}` });
    await this.#until('heir', active ? 'active.idle' : 'retrying.waiting');
    driven.remove(from);
  }

  #bound(): ScriptedPeer {
    const id = this.#driven.session(this.#agent.id)?.instanceId ?? '';
    const peer = this.#driven.peers.get(id);
    if (peer === undefined) throw new Error(`no peer ${id}`);
    return peer;
  }

  async #held(matter: Matter, id?: string): Promise<ScriptedPeer> {
    const peer = id === undefined ? this.#bound() : this.#driven.peers.get(id);
    await when(
      () => (peer?.holds(matter) ?? 0) > 0,
      () => `${matter} at the peer`,
    );
    return peer ?? this.#bound();
  }

  #until(id: string, value: string): Promise<void> {
    return when(
      () => this.#driven.instanceValue(id) === value,
      () => `${id} to be ${value}; it is ${this.#driven.instanceValue(id)}`,
    );
  }
}
