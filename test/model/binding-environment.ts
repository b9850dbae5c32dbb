import type { AnyEventObject } from 'xstate';
import { z } from 'zod';
import type { BindingInput } from '../../machines/binding-setup.ts';
import { instanceActorId } from '../../machines/hub-children.ts';
import { bindingActorId } from '../../machines/session-setup.ts';
import { type Agent, type DrivenHub, when } from '../helpers/driven-hub.ts';
import type { Matter, ScriptedPeer } from '../helpers/scripted-peer.ts';

const lost = z.looseObject({ failure: z.looseObject({ code: z.literal('CONNECTION_LOST') }) });
const isLost = (event: AnyEventObject) => lost.safeParse(event).success;
const transitioned = z.looseObject({
  transition: z.looseObject({ to: z.enum(['active', 'retrying', 'dead', 'removed']) }),
});

/** Carries out a path through the binding chart with real parts. */
export class BindingEnvironment {
  readonly #driven: DrivenHub;
  readonly #agent: Agent;
  readonly #binding: BindingInput;

  constructor(driven: DrivenHub, agent: Agent, binding: BindingInput) {
    this.#driven = driven;
    this.#agent = agent;
    this.#binding = binding;
  }

  /** `steady` is active, `frail` for the last time, `away` is retrying; then the binding is made, and links hang. */
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
    await this.#bind();
    this.#steady();
  }

  async #bind(): Promise<void> {
    const { instanceId, role, succeeds } = this.#binding;
    if (succeeds !== null) {
      this.#driven.peers.get(succeeds)?.tell({ link: 'well' });
      await this.#agent.call('instances_connect', { instance_id: succeeds });
      await this.#succeed(succeeds, 'heir');
    } else if (role === 'home') {
      void this.#agent.call('instances_connect', { instance_id: instanceId });
    } else this.#call();
    await when(
      () => this.#value() !== null,
      () => `the binding to ${instanceId}`,
    );
  }

  /** Has `event` come, and waits until the binding is in the state that the chart says. */
  async take(event: AnyEventObject, value: string | null): Promise<void> {
    const driven = this.#driven;
    const actorId = bindingActorId(this.#binding.instanceId);
    const before = driven.received(actorId, event.type);
    await this.#provoke(event);
    const expected = value === 'ended' ? null : value;
    await when(
      () => driven.received(actorId, event.type) > before && this.#value() === expected,
      () => `${event.type} → ${value}; it is ${this.#value()}`,
    );
    this.#steady();
  }

  /** All faults end; all open calls are answered. */
  async expectAnswers(): Promise<void> {
    for (const peer of this.#driven.peers.values()) peer.recover();
    this.#agent.cancelCalls();
    void this.#agent.call('instances_disconnect');
    await when(
      () => this.#agent.waiting === 0,
      () => `${this.#agent.waiting} answers after ${this.#agent.frames.join('\n')}`,
    );
  }

  /** Nothing else happens unless the path says so. */
  #steady(): void {
    const call = this.#binding.role === 'once' ? 'hang' : 'well';
    for (const peer of this.#driven.peers.values()) {
      peer.tell({ connect: 'hang', link: 'hang', ping: 'well', call });
    }
  }

  #value(): string | null {
    return this.#driven.bindingValue(this.#agent.id, this.#binding.instanceId);
  }

  /** One more call by the binding. */
  #call(): void {
    const { instanceId: instance_id, role } = this.#binding;
    if (role === 'home') void this.#agent.call('tool-0');
    else void this.#agent.call('instances_call', { instance_id, tool: 'tool-0' });
  }

  async #provoke(event: AnyEventObject): Promise<void> {
    const driven = this.#driven;
    const { instanceId } = this.#binding;
    switch (event.type) {
      case 'binding.end':
        void this.#agent.call('instances_disconnect');
        return;
      case 'binding.promote':
        void this.#agent.call('instances_connect', { instance_id: instanceId });
        return;
      case 'binding.takeOver':
        return this.#takeOver();
      case 'binding.use':
      case 'link.busy':
        return this.#call();
      case 'link.idle':
        return this.#agent.cancelCalls();
      case 'instance.transitioned':
        return this.#bring(transitioned.parse(event).transition.to);
      case 'link.up':
        return (await this.#held('link')).tell({ link: 'well' });
      case 'link.failed':
        return (await this.#held('link')).tell({ link: isLost(event) ? 'break' : 500 });
      case 'link.lost':
        this.#peer().tell({ link: 500 });
        this.#peer().forgetLinks();
        return this.#call();
      default: {
        const [, timer = ''] = /^xstate\.after\.(\w+)\./.exec(event.type) ?? [];
        return driven.stepTo(bindingActorId(instanceId), timer);
      }
    }
  }

  async #bring(state: 'active' | 'retrying' | 'dead' | 'removed'): Promise<void> {
    const driven = this.#driven;
    const { instanceId: id } = this.#binding;
    if (state === 'removed') return driven.remove(id);
    if (driven.instance(id)?.state === 'active') {
      driven.peers.get(id)?.tell({ ping: 'break' });
      driven.peers.get(id)?.cut('hub');
      return;
    }
    if (driven.instanceValue(id) === 'retrying.waiting') {
      driven.stepTo(instanceActorId(id), 'backoff');
    }
    (await this.#held('connect')).tell({ connect: state === 'active' ? 'well' : 'break' });
  }

  /** The file of `from` is removed, and `to` of the same name and path is active. */
  async #succeed(from: string, to: string): Promise<void> {
    await this.#startTwin(from, to);
    this.#driven.remove(from);
  }

  /** A call waits for an instance that the home succeeds. */
  async #takeOver(): Promise<void> {
    const { instanceId } = this.#binding;
    await this.#startTwin(instanceId, 'twin');
    void this.#agent.call('instances_call', { instance_id: 'twin', tool: 'tool-0' });
    await when(
      () => this.#driven.bindingValue(this.#agent.id, 'twin') !== null,
      () => 'the binding to the twin',
    );
    this.#driven.remove('twin');
  }

  async #startTwin(of: string, id: string): Promise<void> {
    const twin = await this.#driven.peer(id);
    twin.tell({ link: 'hang' });
    this.#driven.write(id, { name: of, path: `/projects/${of}` });
    await this.#until(id, 'active.idle');
  }

  #peer(): ScriptedPeer {
    const { instanceId } = this.#binding;
    const peer = this.#driven.peers.get(instanceId);
    if (peer === undefined) throw new Error(`no peer ${instanceId}`);
    return peer;
  }

  async #held(matter: Matter): Promise<ScriptedPeer> {
    const peer = this.#peer();
    await when(
      () => peer.holds(matter) > 0,
      () => `${matter} at the peer`,
    );
    return peer;
  }

  #until(id: string, value: string): Promise<void> {
    return when(
      () => this.#driven.instanceValue(id) === value,
      () => `${id} to be ${value}; it is ${this.#driven.instanceValue(id)}`,
    );
  }
}
