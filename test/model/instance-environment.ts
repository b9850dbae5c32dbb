import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from '@jest/globals';
import type { AnyEventObject } from 'xstate';
import { z } from 'zod';
import { instanceActorId } from '../../machines/hub-children.ts';
import type { Path } from '../helpers/chart-paths.ts';
import { type Agent, type DrivenHub, when } from '../helpers/driven-hub.ts';
import { gonePid } from '../helpers/gone.ts';
import { startProcess } from '../helpers/processes.ts';
import { type ScriptedPeer, startPeer } from '../helpers/scripted-peer.ts';
import { circumstances } from './instance-model.ts';

const ID = 'web';

const failed = z.looseObject({ failure: z.looseObject({ code: z.string() }) });

const changed = z.looseObject({ registration: z.looseObject({ startedAt: z.string() }) });

const codeOf = (event: AnyEventObject) => failed.safeParse(event).data?.failure.code;

/** Whether the process that is registered ends before the event. */
const endsProcess = (event: AnyEventObject) =>
  event.type === 'registration.superseded' || codeOf(event) === 'PROCESS_GONE';

/** Carries out a path through the instance chart with real files and sockets, and controlled time. */
export class InstanceEnvironment {
  readonly #driven: DrivenHub;
  readonly #agent: Agent;
  readonly #peer: ScriptedPeer;
  #startedAt: string | null = null;
  #process: ChildProcess | null = null;
  #hasEnded = false;
  #rivals = 0;

  constructor(driven: DrivenHub, agent: Agent, peer: ScriptedPeer) {
    this.#driven = driven;
    this.#agent = agent;
    this.#peer = peer;
    peer.tell({ connect: 'hang', ping: 'hang', call: 'hang' });
  }

  /** Announces the instance; when a path doesn't begin with a slot, all slots are taken before. */
  async start(path: Path): Promise<void> {
    const driven = this.#driven;
    if (path[0]?.event.type !== 'slot.granted') {
      const busy = await startPeer();
      busy.tell({ connect: 'hang' });
      for (let n = 1; n <= 16; n += 1) driven.write(`busy-${n}`, { port: busy.port });
      await when(
        () => busy.holds('connect') === 16,
        () => `16 attempts, there are ${busy.holds('connect')}`,
      );
    }
    const gone = path.some(({ event }) => circumstances.parse(event).gone === true);
    const ends = path.some(({ event }) => endsProcess(event));
    if (ends) this.#process = startProcess('sleep', ['60']);
    const pid = this.#process?.pid ?? (gone ? gonePid() : process.pid);
    driven.write(ID, { pid });
    await when(
      () => driven.instance(ID) !== undefined,
      () => 'the instance',
    );
  }

  /** Has `event` come, and waits until the instance is in the state that the chart says. */
  async take(event: AnyEventObject, value: string | null): Promise<void> {
    const driven = this.#driven;
    const actorId = instanceActorId(ID);
    // A free slot is granted by itself, perhaps already.
    const before = event.type === 'slot.granted' ? 0 : driven.received(actorId, event.type);
    await this.#provoke(event);
    const expected = value === 'removed' ? null : value;
    await when(
      () => driven.received(actorId, event.type) > before && driven.instanceValue(ID) === expected,
      () => `${event.type} → ${value}; it is ${driven.instanceValue(ID)}`,
    );
    this.#peer.tell({ connect: 'hang', ping: 'hang', call: 'hang' });
  }

  async #provoke(event: AnyEventObject): Promise<void> {
    const driven = this.#driven;
    const peer = this.#peer;
    const held = (matter: 'connect' | 'ping' | 'call') =>
      when(
        () => peer.holds(matter) > 0,
        () => `${matter} at the peer`,
      );
    switch (event.type) {
      case 'slot.granted':
        return;
      case 'connection.up':
        await held('connect');
        return peer.tell({ connect: 'well' });
      case 'connection.failed':
        await held('connect');
        if (endsProcess(event)) await this.#endProcess();
        return peer.tell({ connect: codeOf(event) === 'UNAUTHORIZED' ? 401 : 'break' });
      case 'connection.down':
        peer.tell({ ping: 'break' });
        return peer.cut('hub');
      case 'connection.pong':
        await held('ping');
        return peer.tell({ ping: 'well' });
      case 'connection.catalogueChanged':
        await when(
          () => peer.streams('hub') > 0,
          () => 'the standing stream',
        );
        return peer.growTool();
      case 'registration.changed':
        return this.#rewrite(event);
      case 'registration.removed':
        return driven.remove(ID);
      case 'registration.superseded': {
        await this.#endProcess();
        const rival = await startPeer();
        rival.tell({ connect: 'hang' });
        this.#rivals += 1;
        const facts = { name: ID, path: `/projects/${ID}`, port: rival.port, pid: process.pid };
        return driven.write(`rival-${this.#rivals}`, facts);
      }
      case 'instance.probe':
        void this.#agent.call('instances_connect', { instance_id: ID });
        return;
      case 'instance.awaited':
        void this.#agent.call('instances_wait', { instance_id: ID, timeout_ms: 100 });
        return;
      case 'instance.reconnect':
        void this.#agent.call('instances_reconnect', { instance_id: ID });
        return;
      case 'instance.suspected':
        void this.#agent.call('instances_call', { instance_id: ID, tool: 'tool-0' });
        await held('call');
        return peer.tell({ call: 'break' });
      case 'machine.woke':
        return driven.wake();
      default:
        return this.#passTime(event);
    }
  }

  async #endProcess(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null) return;
    this.#hasEnded = true;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #rewrite(event: AnyEventObject): void {
    const parsed = changed.safeParse(event);
    const startedAt = parsed.success ? parsed.data.registration.startedAt : null;
    if (startedAt === this.#startedAt) this.#driven.write(ID);
    else {
      if (this.#hasEnded) this.#driven.write(ID, { pid: process.pid });
      this.#driven.writeAnew(ID);
    }
    this.#startedAt = startedAt;
  }

  async #passTime(event: AnyEventObject): Promise<void> {
    const { heard = false, setBack = false } = circumstances.parse(event);
    const [, delay] = /^xstate\.after\.(\w+)\./.exec(event.type) ?? [];
    expect(delay).toBeDefined();
    if (heard) await this.#driven.murmur(ID);
    if (setBack) this.#driven.setBack(3_600_000);
    this.#driven.stepTo(instanceActorId(ID), delay ?? '');
  }
}
