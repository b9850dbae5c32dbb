import { type ActorOptions, assign, createActor, fromPromise, toPromise } from 'xstate';
import { type HubActor, hubMachine } from '../../machines/hub.ts';
import { instanceActorId } from '../../machines/hub-setup.ts';
import { instanceMachine } from '../../machines/instance.ts';
import type { InstanceEvent } from '../../machines/instance-events.ts';
import type { AgentInfo, InstanceState, Refusal, World } from '../../machines/model.ts';
import { sessionMachine } from '../../machines/session.ts';
import type { Config } from '../config/config.ts';
import { createConnections } from '../connection/connection-actor.ts';
import { loadSockets } from '../connection/sockets.ts';
import { StandingStreams } from '../connection/standing-streams.ts';
import { TryPacer } from '../connection/try-pacer.ts';
import { Backlog } from '../link/backlog.ts';
import { createLinkActor } from '../link/link-actor.ts';
import type { Traffic } from '../link/link-options.ts';
import { ServerRequests } from '../link/server-requests.ts';
import { SessionLinks } from '../link/session-links.ts';
import type { Logger } from '../log.ts';
import { defaultInstancesDirectories } from '../paths.ts';
import type { Recorder } from '../recording/recorder.ts';
import { watchRegistrations } from '../registration/directory.ts';
import { isLoopback } from '../registration/loopback.ts';
import { removeStaleFile } from '../registration/remove-file.ts';
import { Succession } from '../registration/succession.ts';
import { SELF } from '../self.ts';
import { AgentSession } from '../server/agent-session.ts';
import { limitSize } from '../server/limit-size.ts';
import { Outflow } from '../server/outflow.ts';
import type { AgentMemory } from '../server/ports.ts';
import { VERSION } from '../version.ts';
import { instanceRow, instanceRows } from '../views/instance-row.ts';
import type { InstanceRow } from '../views/instance-row-schema.ts';
import { instanceContext, instanceContexts, instanceRef } from '../views/selectors.ts';
import type { ReadTraffic } from '../views/traffic.ts';
import { watchForWake as watchClock } from '../wake-watch.ts';
import type { Frame } from '../wire/frame.ts';

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
  openSession(toAgent: (frame: Frame) => Promise<void> | undefined): AgentSession;
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
  readonly recorder?: Recorder;
  /**
   * Called once, before the first connection: loads what is needed later, while there are file descriptors for it. The
   * first connection waits for it.
   */
  readonly preload?: () => Promise<unknown>;
}

/** Makes and starts a hub: the one place where the charts meet what touches the world. */
export function createHub(
  config: Config,
  { log, clock, watchForWake = watchClock, recorder, preload }: HubSurroundings,
): Hub {
  const now = clock === undefined ? Date.now : () => clock.now;
  const traffic = new Map<string, Traffic>();
  const trafficOf = (id: string): Traffic => {
    const known = traffic.get(id);
    if (known !== undefined) return known;
    const fresh: Traffic = { callsInFlight: 0, lastActivity: null, waiting: 0, isStreaming: false };
    traffic.set(id, fresh);
    return fresh;
  };
  const pacer = new TryPacer();
  const awaitInstance = (id: string) => {
    const awaited = trafficOf(id);
    awaited.waiting += 1;
    if (awaited.waiting === 1) tellInstance(id, { type: 'instance.awaited' });
    let isWaiting = true;
    return () => {
      if (isWaiting) awaited.waiting -= 1;
      isWaiting = false;
    };
  };
  const trafficNow = (id: string) => {
    const { callsInFlight, lastActivity, waiting } = trafficOf(id);
    return { callsInFlight, lastActivity, waiting };
  };
  const tellInstance = (id: string, event: InstanceEvent) =>
    instanceRef(actor.getSnapshot(), id)?.send(event);
  const succession = new Succession({
    now,
    onAccepted: (registration) => actor.send({ type: 'registration.accepted', registration }),
    onRemoved: (id) => actor.send({ type: 'registration.removed', id }),
    onSuperseded: (id, failure) => actor.send({ type: 'registration.superseded', id, failure }),
    onSucceeded: (from, to) => actor.send({ type: 'instance.succeeded', from, to }),
  });
  /** While the standing stream stands, whoever opened it still lives, though the process that was named has ended. */
  const refusal = (id: string) => {
    const failure = succession.refusal(id);
    if (failure?.code === 'PROCESS_GONE' && traffic.get(id)?.isStreaming) return null;
    if (failure !== null) pacer.forget(id);
    return failure;
  };
  const links = new Map<string, SessionLinks>();
  const sessions = new Set<AgentSession>();
  const memories = new Map<string, AgentMemory>();
  const streams = new StandingStreams(now, () =>
    log.warn('out of file descriptors: standing streams are given up, connections wait', {
      hint: 'raise ulimit -n',
    }),
  );
  let loaded: Promise<unknown> | null = null;
  const ready = () => {
    loaded ??= Promise.allSettled([loadSockets(), preload?.()]).then((results) => {
      for (const { reason } of results.filter((each) => each.status === 'rejected')) {
        log.warn('a part of the hub could not be loaded', { reason: String(reason) });
      }
    });
    return loaded;
  };
  const connections = createConnections({
    self: SELF,
    now,
    onHeard: (id) => {
      // An instance that was removed still answers the goodbye.
      const known = traffic.get(id);
      if (known !== undefined) known.lastActivity = now();
    },
    isBusy: (id) => (traffic.get(id)?.callsInFlight ?? 0) > 0,
    onStreaming: (id, isStreaming) => {
      const known = traffic.get(id);
      if (known !== undefined) known.isStreaming = isStreaming;
    },
    refusal,
    needsStream: (id) => succession.refusal(id) !== null,
    streams,
    ready,
  });

  const actor = createActor(
    hubMachine.provide({
      actors: {
        instance: instanceMachine.provide({
          actors: { connection: connections.actor },
          actions: {
            readWorld: assign({
              world: ({ context }) => {
                const { id, url } = context.registration;
                const read = { now: now(), random: Math.random(), ...trafficNow(id) };
                const isLocal = url === null || isLoopback(new URL(url).hostname);
                const world: World = {
                  ...read,
                  tryInterval: isLocal
                    ? pacer.intervalOf({ ...context, world: { ...read, tryInterval: null } })
                    : null,
                };
                recorder?.world(instanceActorId(id), world);
                return world;
              },
            }),
            deleteStaleFile: ({ context: { registration } }) => {
              void removeStaleFile(registration.file, registration.id);
            },
          },
          guards: {
            processGone: ({ context: { registration } }) => {
              const gone = succession.hasNoProcess(registration.id);
              recorder?.processGone(instanceActorId(registration.id), gone);
              return gone;
            },
          },
        }),
        session: sessionMachine.provide({
          actors: { link: createLinkActor((id) => links.get(id)) },
        }),
        closeAll: fromPromise(async () => {
          await Promise.allSettled([
            ...Array.from(sessions, (session) => session.close()),
            connections.closeAll(),
          ]);
        }),
      },
      actions: {
        readClock: assign({
          now: () => {
            const time = now();
            recorder?.clock(time);
            return time;
          },
        }),
      },
    }),
    {
      input: { policy: config.policy },
      ...(clock === undefined ? {} : { clock }),
      ...(recorder === undefined ? {} : { inspect: recorder.inspect }),
    },
  );

  actor.on('instance.transitioned', ({ id, transition: { from, to, reason } }) => {
    if (to === 'removed') {
      traffic.delete(id);
      pacer.forget(id);
    }
    log.info('instance', { id, from: from ?? 'new', to, reason });
  });
  actor.on('instance.succeeded', ({ from, to }) => log.info('instance succeeded', { from, to }));
  actor.on('actor.crashed', ({ actorId, error, restarted }) => {
    log.error('an actor crashed', { actor: actorId, error, restarted });
  });
  actor.start();

  let scanned = () => {};
  const scan = new Promise<void>((resolve) => {
    scanned = resolve;
  });
  const directory = watchRegistrations({
    directories: config.instancesDirs ?? defaultInstancesDirectories(),
    areNamed: config.instancesDirs !== null,
    log: (level, message, fields) => log[level](message, fields),
    allowHosts: config.allowHosts,
    onAccepted: (registration) => succession.accept(registration),
    onRemoved: (id) => succession.remove(id),
    onRefused: ({ file, reason }) => log.warn('registration refused', { file, reason }),
    onScanned: () => {
      succession.scanned();
      actor.send({ type: 'scan.completed' });
      scanned();
    },
  });
  const stopWakeWatch = watchForWake(() => actor.send({ type: 'machine.woke' }));

  const settled = (limit: number) => untilSettled(actor, scan, limit);
  const discovered = settled(config.settle).then(() => {});

  let lastSession = 0;
  const openSession: Hub['openSession'] = (say) => {
    lastSession += 1;
    const id = `session-${lastSession}`;
    const outflow = new Outflow();
    const toAgent = (frame: Frame) => {
      const fit = limitSize(frame, config.maxMessage);
      if (fit !== null) {
        const hold = say(fit);
        outflow.sent(fit, hold);
        return hold;
      }
      log.warn('dropped a message that is too large for the agent', { session: id });
      return undefined;
    };
    const asks = new ServerRequests();
    const backlog = new Backlog();
    const memory: AgentMemory = { info: SELF, logLevel: null };
    memories.set(id, memory);
    const sessionLinks = new SessionLinks((instanceId) => ({
      target: () => {
        const found = instanceContext(actor.getSnapshot(), instanceId);
        if (found?.state !== 'active' || found.peer === null) return null;
        const { token, nonce } = found.registration;
        return { endpoint: found.peer.endpoint, token, nonce };
      },
      agent: () => memory.info,
      logLevel: () => memory.logLevel,
      describe: () => {
        const found = instanceContext(actor.getSnapshot(), instanceId);
        if (found === undefined) return { name: instanceId, facts: {} };
        const row = instanceRow(actor.getSnapshot(), found, trafficNow);
        const { state, next_retry_at, last_error } = row;
        return { name: row.name, facts: { state, next_retry_at, last_error } };
      },
      asks,
      backlog,
      toAgent: (frame) => {
        const hold = toAgent(frame);
        session.answered();
        return hold;
      },
      traffic: trafficOf(instanceId),
      await: () => awaitInstance(instanceId),
      guard: () => refusal(instanceId),
      now,
      callWait: config.callWait,
      openTimeout: config.policy.connectTimeout,
      maxMessage: config.maxMessage,
      log,
      onSuspected: () => tellInstance(instanceId, { type: 'instance.suspected' }),
      onShort: () => streams.runShort(),
    }));
    links.set(id, sessionLinks);
    const session = new AgentSession({
      id,
      hub: actor,
      links: sessionLinks,
      asks,
      backlog,
      outflow,
      memory,
      toAgent,
      awaitInstance,
      trafficOf: trafficNow,
      discovered,
      settings: {
        autoConnect: config.autoConnect,
        settle: config.settle,
        workingDirectory: process.cwd(),
        version: VERSION,
      },
      onClosed: () => {
        sessions.delete(session);
        links.delete(id);
        memories.delete(id);
      },
      log,
    });
    sessions.add(session);
    return session;
  };

  return {
    actor,
    settled,
    instances: () => {
      const snapshot = actor.getSnapshot();
      return instanceRows(snapshot, instanceContexts(snapshot), trafficNow);
    },
    refusals: () => directory.refusals(),
    trafficOf: trafficNow,
    agentOf: (id) => {
      const info = memories.get(id)?.info;
      return info === undefined || info === SELF ? null : info;
    },
    openSession,
    stop: async () => {
      stopWakeWatch();
      const stopped = toPromise(actor);
      actor.send({ type: 'hub.stop' });
      await Promise.all([stopped, directory.stop()]);
    },
  };
}

async function untilSettled(actor: HubActor, scan: Promise<void>, limit: number): Promise<number> {
  const patience = AbortSignal.timeout(limit);
  const over = new Promise<void>((resolve) => {
    patience.addEventListener('abort', () => resolve());
  });
  await Promise.race([scan, over]);
  const contexts = instanceContexts(actor.getSnapshot());
  const pending = new Set(
    contexts.filter(({ state }) => !isSettled(state)).map(({ registration }) => registration.id),
  );
  await new Promise<void>((resolve) => {
    const end = () => {
      subscription.unsubscribe();
      resolve();
    };
    const subscription = actor.on('instance.transitioned', ({ id, transition: { to } }) => {
      if (isSettled(to) && pending.delete(id) && pending.size === 0) end();
    });
    over.then(end);
    if (pending.size === 0) end();
  });
  return pending.size;
}

function isSettled(state: InstanceState | null): boolean {
  return state !== null && state !== 'discovered' && state !== 'connecting';
}
