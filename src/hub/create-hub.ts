import { type ActorOptions, createActor, toPromise } from 'xstate';
import type { HubActor, hubMachine } from '../../machines/hub.ts';
import type { InstanceEvent } from '../../machines/instance-events.ts';
import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { AgentInfo, Refusal, World } from '../../machines/model.ts';
import type { Config } from '../config/config.ts';
import { createConnections } from '../connection/connection-actor.ts';
import { loadSockets } from '../connection/sockets.ts';
import { StandingStreams } from '../connection/standing-streams.ts';
import { TryPacer } from '../connection/try-pacer.ts';
import { createLinkActor } from '../link/link-actor.ts';
import type { Logger } from '../log.ts';
import { originText } from '../origin.ts';
import { defaultInstancesDirectories } from '../paths.ts';
import { isLoopback } from '../registration/loopback.ts';
import { Registry } from '../registration/registry.ts';
import { removeStaleFile } from '../registration/remove-file.ts';
import { DirectorySource } from '../registration/sources/directory.ts';
import { Succession } from '../registration/succession.ts';
import { SELF } from '../self.ts';
import type { AgentSession } from '../server/agent-session.ts';
import { instanceRows } from '../views/instance-row.ts';
import type { InstanceRow } from '../views/instance-row-schema.ts';
import { instanceContexts, instanceRef } from '../views/selectors.ts';
import type { ReadTraffic } from '../views/traffic.ts';
import { watchForWake as watchClock } from '../wake-watch.ts';
import { FairClock } from './fair-clock.ts';
import { indexTimers } from './index-timers.ts';
import { type HubObserver, observedBy } from './observer.ts';
import { provideCharts } from './provide-charts.ts';
import { Sessions, type ToAgent } from './sessions.ts';
import { TrafficByInstance } from './traffic.ts';
import { untilRunning, untilSettled } from './until.ts';

/** A running hub. */
export interface Hub {
  readonly actor: HubActor;
  /**
   * Resolves when every registration that the first scan found has been connected to or has failed, after
   * `limit` milliseconds at most. With how many of them are left.
   */
  settled(limit: number): Promise<number>;
  instances(): InstanceRow[];
  refusals(): readonly Refusal[];
  readonly trafficOf: ReadTraffic;
  /** Who the agent of a session is, by its own words; null before it has said so. */
  agentOf(sessionId: string): AgentInfo | null;
  /** Opens a session for an agent whose frames go to `toAgent`. */
  openSession(toAgent: ToAgent): AgentSession;
  /** Closes sessions and connections, a second at most; then nothing is left. */
  stop(): Promise<void>;
}

/** Time as the hub has it: `now` in milliseconds since the epoch, and the timers of the charts. */
export type HubClock = NonNullable<ActorOptions<typeof hubMachine>['clock']> & {
  readonly now: number;
};

/** What a hub is given beside its settings. The machine's own time, unless told otherwise. */
export interface HubSurroundings {
  readonly log: Logger;
  readonly clock?: HubClock;
  /** Calls back when the machine was asleep; returns the stop. */
  readonly watchForWake?: (onWake: () => void) => () => void;
  readonly observers?: readonly HubObserver[];
  /**
   * Called once, before the first connection: loads what is needed later, while there are file descriptors for it. The
   * first connection waits for it.
   */
  readonly preload?: () => Promise<unknown>;
}

/** Makes and starts a hub: the one place where the parts of the house meet. */
export function createHub(
  config: Config,
  {
    log,
    clock = new FairClock(),
    watchForWake = watchClock,
    observers = [],
    preload,
  }: HubSurroundings,
): Hub {
  const now = () => clock.now;
  const observer = observers.length === 0 ? null : observedBy(observers);
  const tell = (id: string, event: InstanceEvent) =>
    instanceRef(actor.getSnapshot(), id)?.send(event);
  const traffic = new TrafficByInstance((id) => tell(id, { type: 'instance.awaited' }));
  const trafficOf: ReadTraffic = (id) => traffic.now(id);
  const pacer = new TryPacer();
  const succession = new Succession({
    now,
    onAccepted: (registration) => actor.send({ type: 'registration.accepted', registration }),
    onRemoved: (id) => actor.send({ type: 'registration.removed', id }),
    onSuperseded: (id, failure) => actor.send({ type: 'registration.superseded', id, failure }),
    onSucceeded: (from, to) => actor.send({ type: 'instance.succeeded', from, to }),
  });
  /** While the standing stream stands, whoever opened it is alive, although the process that was named has ended. */
  const refusal = (id: string) => {
    const failure = succession.refusal(id);
    if (failure?.code === 'PROCESS_GONE' && traffic.known(id)?.isStreaming) return null;
    if (failure !== null) pacer.forget(id);
    return failure;
  };
  const streams = new StandingStreams(now, () =>
    log.warn('out of file descriptors: standing streams are given up, connections wait', {
      hint: 'raise ulimit -n',
    }),
  );
  let loading: Promise<void> | null = null;
  const connections = createConnections({
    self: SELF,
    now,
    onHeard: (id) => {
      // An instance that was removed still answers the goodbye.
      const known = traffic.known(id);
      if (known !== undefined) known.lastActivity = now();
    },
    isBusy: (id) => (traffic.known(id)?.callsInFlight ?? 0) > 0,
    onStreaming: (id, isStreaming) => {
      const known = traffic.known(id);
      if (known !== undefined) known.isStreaming = isStreaming;
    },
    refusal,
    needsStream: (id) => succession.refusal(id) !== null,
    streams,
    ready: () => {
      loading ??= loadParts(log, preload);
      return loading;
    },
  });
  const actor: HubActor = createActor(
    provideCharts(
      {
        connection: connections.actor,
        link: createLinkActor((sessionId) => sessions.linksOf(sessionId)),
        now,
        readWorld: (instance) => readWorld(instance, now(), traffic, pacer),
        isProcessGone: ({ id }) => succession.hasNoProcess(id),
        deleteStaleFile: ({ origin, id }) => void removeStaleFile(origin, id),
        closeAll: async () => {
          const closing = [sessions.closeAll(), connections.closeAll()];
          await Promise.allSettled(closing);
          await Promise.all(closing);
        },
      },
      observer,
    ),
    {
      input: { policy: config.policy, settle: config.settle },
      clock,
      ...(observer === null ? {} : { inspect: observer.inspect }),
    },
  );
  indexTimers(actor.system);
  actor.on('instance.transitioned', ({ id, transition: { to } }) => {
    if (to !== 'removed') return;
    traffic.delete(id);
    pacer.forget(id);
  });
  logSupervision(actor, log);
  actor.start();

  const directories = new DirectorySource({
    directories: config.instancesDirs ?? defaultInstancesDirectories(),
    areNamed: config.instancesDirs !== null,
    allowHosts: config.allowHosts,
    log,
  });
  const registry = new Registry({
    sources: [directories],
    log,
    onAccepted: (registration) => succession.accept(registration),
    onRemoved: (id) => succession.remove(id),
    onRefused: ({ origin, code, reason }) =>
      log.warn('registration refused', { file: originText(origin), code, reason }),
    onScanned: () => {
      succession.scanned();
      actor.send({ type: 'scan.completed' });
    },
  });
  registry.start();
  const stopWakeWatch = watchForWake(() => actor.send({ type: 'machine.woke' }));
  const settled = (limit: number) => untilSettled(actor, limit);
  const sessions: Sessions = new Sessions(actor, {
    config,
    log,
    links: {
      now,
      callWait: config.callWait,
      openTimeout: config.policy.connectTimeout,
      maxMessage: config.maxMessage,
      log,
      traffic: (id) => traffic.of(id),
      await: (id) => traffic.await(id),
      guard: refusal,
      onSuspected: (id) => tell(id, { type: 'instance.suspected' }),
      onShort: () => streams.runShort(),
    },
    trafficOf,
    discovered: untilRunning(actor, config.settle),
  });

  return {
    actor,
    settled,
    instances: () => {
      const snapshot = actor.getSnapshot();
      return instanceRows(snapshot, instanceContexts(snapshot), trafficOf);
    },
    refusals: () => registry.refusals(),
    trafficOf,
    agentOf: (id) => sessions.agentOf(id),
    openSession: (toAgent) => sessions.open(toAgent),
    stop: async () => {
      stopWakeWatch();
      const stopped = toPromise(actor);
      actor.send({ type: 'hub.stop' });
      await Promise.all([stopped, registry.stop()]);
    },
  };
}

/** What an instance's chart learns of the world. */
function readWorld(
  instance: InstanceContext,
  now: number,
  traffic: TrafficByInstance,
  pacer: TryPacer,
): World {
  const { id, url } = instance.registration;
  const world = { now, random: Math.random(), ...traffic.now(id), tryInterval: null };
  const isLocal = url === null || isLoopback(new URL(url).hostname);
  return isLocal ? { ...world, tryInterval: pacer.intervalOf({ ...instance, world }) } : world;
}

/** Loads what is needed later, while there are file descriptors for it. */
async function loadParts(log: Logger, preload: HubSurroundings['preload']): Promise<void> {
  for (const each of await Promise.allSettled([loadSockets(), preload?.()])) {
    if (each.status === 'fulfilled') continue;
    log.warn('a part of the hub could not be loaded', { reason: String(each.reason) });
  }
}

function logSupervision(actor: HubActor, log: Logger): void {
  actor.on('instance.transitioned', ({ id, transition: { from, to, reason } }) =>
    log.info('instance', { id, from: from ?? 'new', to, reason }),
  );
  actor.on('instance.succeeded', ({ from, to }) => log.info('instance succeeded', { from, to }));
  actor.on('actor.crashed', ({ actorId, error, restarted }) =>
    log.error('an actor crashed', { actor: actorId, error, restarted }),
  );
}
