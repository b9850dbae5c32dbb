import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyActorRef } from 'xstate';
import { z } from 'zod';
import { resolveConfig } from '../../src/config/config.ts';
import { createHub } from '../../src/hub/create-hub.ts';
import type { Hub } from '../../src/hub/hub.ts';
import { createLogger } from '../../src/log.ts';
import { parseRecording } from '../../src/recording/format.ts';
import { Recorder } from '../../src/recording/recorder.ts';
import { type Replayed, replay } from '../../src/recording/replay.ts';
import {
  bindingRefs,
  type HubSnapshot,
  instanceContext,
  instanceRef,
  sessionContexts,
} from '../../src/views/selectors.ts';
import { pathOf } from '../../src/views/state-path.ts';
import { textOf } from '../../src/wire/frame.ts';
import { afterTest } from './cleanup.ts';
import { asDeclared } from './declared-output.ts';
import { register, temporaryDirectory } from './registrations.ts';
import { type ScriptedPeer, startPeer } from './scripted-peer.ts';
import { SteppingClock } from './stepping-clock.ts';

const answer = z.looseObject({
  id: z.union([z.string(), z.number()]),
  method: z.undefined().optional(),
  result: z.looseObject({ isError: z.boolean().optional() }).optional(),
});

export type Answer = z.infer<typeof answer>;

/** An agent in this process. */
export interface Agent {
  readonly id: string;
  /** Calls a tool; the promise is fulfilled with the answer, whatever it says. */
  call(name: string, args?: object): Promise<Answer>;
  /** Cancels the calls that have no answer yet. */
  cancelCalls(): void;
  /** Calls that have no answer yet. */
  readonly waiting: number;
  readonly frames: readonly string[];
  close(): Promise<void>;
  /** From now on, closing throws. */
  breakClose(): void;
}

/**
 * The whole hub, with real files and sockets. Only the time of its charts is stepped, and the test decides when the machine
 * sleeps.
 */
export class DrivenHub {
  readonly directory = temporaryDirectory();
  readonly clock = new SteppingClock();
  readonly peers = new Map<string, ScriptedPeer>();
  readonly hub: Hub;
  readonly agents: Agent[] = [];
  wake: () => void = () => {};
  #wallShift = 0;
  #breaks = false;
  #written = 0;
  readonly #recording: string[] = [];
  readonly #received = new Map<string, number>();
  readonly #facts = new Map<string, object>();

  constructor(options: Readonly<Record<string, string>>) {
    this.clock.now = 1_000_000_000;
    const given = Object.entries({ 'instances-dir': this.directory, ...options });
    const config = resolveConfig(
      Object.fromEntries(given.map(([key, value]) => [key, [value]])),
      {},
      this.directory,
    );
    const { clock } = this;
    const now = () => this.#now();
    this.hub = createHub(
      { ...config, autoConnect: false },
      {
        log: createLogger('silent'),
        observers: [
          new Recorder({
            version: 'test',
            now: () => clock.now,
            write: (line) => this.#recording.push(line),
          }),
        ],
        clock: {
          get now() {
            return now();
          },
          setTimeout: (fn, timeout) => clock.setTimeout(fn, timeout),
          clearTimeout: (id) => clock.clearTimeout(id),
        },
        watchForWake: (onWake) => {
          this.wake = onWake;
          return () => {};
        },
      },
    );
    this.hub.actor.system.inspect((event) => {
      if (event.type !== '@xstate.event') return;
      const key = `${'id' in event.actorRef ? event.actorRef.id : ''} ${event.event.type}`;
      this.#received.set(key, (this.#received.get(key) ?? 0) + 1);
    });
    afterTest(() => this.stop());
  }

  /** A replay of everything so far, from its recording. */
  replay(): Replayed {
    return replay(parseRecording(`${this.#recording.join('\n')}\n`));
  }

  /** How many events of a type an actor has received. */
  received(actorId: string, type: string): number {
    return this.#received.get(`${actorId} ${type}`) ?? 0;
  }

  #now(): number {
    if (this.#breaks) {
      this.#breaks = false;
      throw new Error('the clock broke');
    }
    return this.clock.now + this.#wallShift;
  }

  get snapshot(): HubSnapshot {
    return this.hub.actor.getSnapshot();
  }

  /** A peer that listens, without a file that announces it. */
  async peer(id: string): Promise<ScriptedPeer> {
    const peer = await startPeer();
    this.peers.set(id, peer);
    return peer;
  }

  /** Writes the file of an instance, with the same facts as before unless there are others. */
  write(id: string, facts: object = {}): void {
    const port = this.peers.get(id)?.port ?? 1;
    const written = { pid: process.pid, ...this.#facts.get(id), ...facts };
    this.#facts.set(id, written);
    register(this.directory, { id, port, ...written });
  }

  /** Writes the file with a fact that it hasn't had yet. */
  writeAnew(id: string): void {
    this.#written += 1;
    this.write(id, { started: new Date(Date.now() + this.#written).toISOString() });
  }

  fileOf(id: string): string {
    return join(this.directory, `${id}.json`);
  }

  remove(id: string): void {
    rmSync(this.fileOf(id), { force: true });
  }

  openAgent(): Agent {
    const waiting = new Map<string, (frame: Answer) => void>();
    const frames: string[] = [];
    const session = this.hub.openSession((frame) => {
      const text = textOf(frame);
      frames.push(text);
      const parsed = answer.safeParse(JSON.parse(text));
      if (!parsed.success) return undefined;
      waiting.get(String(parsed.data.id))?.(parsed.data);
      waiting.delete(String(parsed.data.id));
      return undefined;
    });
    session.receive(
      '{"jsonrpc":"2.0","id":"init","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"agent","version":"1"}}}',
    );
    let last = 0;
    const agent: Agent = {
      id: `session-${this.agents.length + 1}`,
      call: (name, args = {}) => {
        last += 1;
        const id = String(last);
        const params = { name, arguments: args };
        const called = new Promise<Answer>((resolve) => waiting.set(id, resolve));
        session.receive(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }));
        return called.then((answered) => {
          asDeclared(name, answered.result);
          return answered;
        });
      },
      cancelCalls: () => {
        for (const requestId of waiting.keys()) {
          const method = 'notifications/cancelled';
          session.receive(JSON.stringify({ jsonrpc: '2.0', method, params: { requestId } }));
        }
        waiting.clear();
      },
      get waiting() {
        return waiting.size;
      },
      frames,
      close: () => session.close(),
      breakClose: () => {
        session.close = () => {
          throw new Error('a session that fails to close');
        };
      },
    };
    this.agents.push(agent);
    return agent;
  }

  /** The wall clock is set back while timers run on. */
  setBack(duration: number): void {
    this.#wallShift -= duration;
  }

  /** The next look at the clock fails, and takes along the actor that looked. */
  breakClock(): void {
    this.#breaks = true;
  }

  /** Goes from timer to timer until that of `actorId` for which `event` stands has gone off. */
  stepTo(actorId: string, event: string): void {
    const isWanted = (each: AnyActorRef, type: string) =>
      each.id === actorId && type.startsWith(`xstate.after.${event}.`);
    const timers = () => Object.values(this.hub.actor.system.getSnapshot()._scheduledEvents);
    const wanted = timers().find((timer) => isWanted(timer.source, timer.event.type));
    if (wanted === undefined) throw new Error(`${actorId} has no timer ${event}`);
    while (timers().includes(wanted) && this.clock.step());
  }

  /** Has an instance give a sign of life just before the next timer goes off. */
  async murmur(id: string): Promise<void> {
    const { clock } = this;
    clock.advance(Math.max(1, clock.next - clock.now - 1));
    const peer = this.peers.get(id);
    const heard = clock.now;
    await when(
      () => {
        peer?.murmur();
        return (this.hub.trafficOf(id).lastActivity ?? 0) >= heard;
      },
      () => `a sign of life of ${id}`,
    );
  }

  instance(id: string) {
    return instanceContext(this.snapshot, id);
  }

  /** The state of an instance's actor as the chart names it, `active.idle`, or null. */
  instanceValue(id: string): string | null {
    return pathOf(instanceRef(this.snapshot, id)?.getSnapshot().value);
  }

  /** The state of a session's binding to an instance, or null. */
  bindingValue(sessionId: string, instanceId: string): string | null {
    const snapshots = bindingRefs(this.snapshot, sessionId).map((ref) => ref.getSnapshot());
    return pathOf(snapshots.find(({ context }) => context.instanceId === instanceId)?.value);
  }

  session(id: string) {
    return sessionContexts(this.snapshot).find((each) => each.id === id);
  }

  async stop(): Promise<void> {
    const stopped = this.hub.stop();
    for (const peer of this.peers.values()) peer.recover();
    if (this.snapshot.status === 'active') await stopped;
  }
}

/** Resolves as soon as `holds` returns true, and rejects after a timeout. */
export async function when(holds: () => boolean, what: () => string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`timed out waiting for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
