import { createActor, toPromise } from 'xstate';
import type { HubActor } from '../../machines/hub.ts';
import type { InstanceEvent } from '../../machines/instance-events.ts';
import type { Config } from '../config/config.ts';
import { createLinkActor } from '../link/link-actor.ts';
import type { Logger } from '../log.ts';
import { removeStaleFile } from '../registration/remove-file.ts';
import { instanceRows } from '../views/instance-row.ts';
import { instanceContexts, instanceRef } from '../views/selectors.ts';
import { watchForWake as watchClock } from '../wake-watch.ts';
import { FairClock } from './fair-clock.ts';
import type { Hub, HubSurroundings } from './hub.ts';
import { indexTimers } from './index-timers.ts';
import { observedBy } from './observer.ts';
import { provideCharts } from './provide-charts.ts';
import { Registrations } from './registrations.ts';
import { Sessions } from './sessions.ts';
import { Supervision } from './supervision.ts';
import { TrafficByInstance } from './traffic.ts';
import { untilRunning, untilSettled } from './until.ts';

/** Makes and starts a hub: the one place where the charts, the adapters and the sessions meet. */
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
  const registrations = new Registrations({ config, log, now, send: (event) => actor.send(event) });
  const { succession } = registrations;
  const supervision = new Supervision({
    ...{ log, now, succession, traffic },
    ...(preload === undefined ? {} : { preload }),
  });
  const charts = provideCharts(
    {
      connection: supervision.connections.actor,
      link: createLinkActor((sessionId) => sessions.linksOf(sessionId)),
      now,
      readWorld: (instance) => supervision.readWorld(instance),
      isProcessGone: ({ id }) => succession.hasNoProcess(id),
      deleteStaleFile: ({ origin, id }) => void removeStaleFile(origin, id),
      closeAll: async () => {
        const closing = [sessions.closeAll(), supervision.connections.closeAll()];
        await Promise.allSettled(closing);
        await Promise.all(closing);
      },
    },
    observer,
  );
  const actor: HubActor = createActor(charts, {
    input: { policy: config.policy, settle: config.settle },
    clock,
    ...(observer === null ? {} : { inspect: observer.inspect }),
  });
  indexTimers(actor.system);
  actor.on('instance.transitioned', ({ id, transition: { to } }) => {
    if (to === 'removed') supervision.forget(id);
  });
  logSupervision(actor, log);
  actor.start();
  registrations.start();
  const stopWakeWatch = watchForWake(() => actor.send({ type: 'machine.woke' }));
  const sessions: Sessions = new Sessions(actor, {
    config,
    log,
    links: {
      now,
      traffic: (id) => traffic.of(id),
      await: (id) => traffic.await(id),
      guard: (id) => supervision.refusal(id),
      onSuspected: (id) => tell(id, { type: 'instance.suspected' }),
      onShort: () => supervision.streams.runShort(),
    },
    trafficOf: (id) => traffic.now(id),
    discovered: untilRunning(actor, config.settle),
  });

  return {
    actor,
    settled: (limit) => untilSettled(actor, limit),
    instances: () => {
      const snapshot = actor.getSnapshot();
      return instanceRows(snapshot, instanceContexts(snapshot), (id) => traffic.now(id));
    },
    refusals: () => registrations.refusals(),
    trafficOf: (id) => traffic.now(id),
    agentOf: (id) => sessions.agentOf(id),
    openSession: (toAgent) => sessions.open(toAgent),
    stop: async () => {
      stopWakeWatch();
      const stopped = toPromise(actor);
      actor.send({ type: 'hub.stop' });
      await Promise.all([stopped, registrations.stop()]);
    },
  };
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
