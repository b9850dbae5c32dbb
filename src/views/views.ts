import type { SnapshotFrom } from 'xstate';
import type { hubMachine } from '../../machines/hub.ts';
import {
  type InstanceRef,
  instanceActorId,
  instanceActors,
  type SessionRef,
  sessionActorId,
} from '../../machines/hub-setup.ts';
import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { Failure, InstanceState } from '../../machines/model.ts';
import type { SessionContext } from '../../machines/session-setup.ts';
import { isAlive } from '../../machines/supervisor.ts';

export type HubSnapshot = SnapshotFrom<typeof hubMachine>;

/** An instance as tools, command line and pages show it. Times are ISO strings. */
export interface InstanceRow {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly port: number;
  readonly pid: number | null;
  readonly state: InstanceState;
  readonly connected_at: string | null;
  readonly has_package_json: boolean;
  readonly discovered_at: string | null;
  readonly state_changed_at: string | null;
  readonly retry_count: number;
  readonly next_retry_at: string | null;
  readonly last_activity: string | null;
  readonly last_error: Failure | null;
  /** How many sessions are connected to it. */
  readonly sessions: number;
  /** Whether the session that asks is. */
  readonly connected: boolean;
}

/** The health of an instance. Durations in milliseconds. */
export interface HealthRow {
  readonly id: string;
  readonly name: string;
  readonly state: InstanceState;
  readonly healthy: boolean;
  readonly missed_pings: number;
  readonly last_ping: string | null;
  readonly last_pong: string | null;
  readonly response_time_ms: number | null;
  readonly calls_in_flight: number;
  /** The last 20, oldest first. */
  readonly transitions: readonly {
    readonly from: InstanceState | null;
    readonly to: InstanceState;
    readonly at: string | null;
    readonly reason: string;
  }[];
}

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** The actor of an instance, or undefined when there is none that lives. */
export function instanceRef(hub: HubSnapshot, id: string): InstanceRef | undefined {
  const ref = instanceActors(hub).get(instanceActorId(id));
  return isAlive(ref) ? ref : undefined;
}

/** The actors of all instances that live, in the order in which they were started. */
export function instanceRefs(hub: HubSnapshot): InstanceRef[] {
  return [...instanceActors(hub).values()].filter(isAlive);
}

/** The id that an instance goes by now: its own, or that of the instance that has taken its place. */
export function currentId({ context: { successors } }: HubSnapshot, id: string): string {
  return successors[instanceActorId(id)] ?? id;
}

/** The ids of instances whose place `id` has taken. */
export function formerIds(hub: HubSnapshot, id: string): string[] {
  return Object.entries(hub.context.successors)
    .filter(([, successor]) => successor === id)
    .map(([former]) => former.slice(instanceActorId('').length));
}

/** The actor of a session, or undefined when there is none. */
export function sessionRef(hub: HubSnapshot, id: string): SessionRef | undefined {
  return hub.children[sessionActorId(id)];
}

/** The context of an instance, or undefined when it isn't known. */
export function instanceContext(hub: HubSnapshot, id: string): InstanceContext | undefined {
  return instanceRef(hub, id)?.getSnapshot().context;
}

/** The contexts of all instances, by name, then id. */
export function instanceContexts(hub: HubSnapshot): InstanceContext[] {
  return instanceRefs(hub)
    .map((ref) => ref.getSnapshot().context)
    .sort(
      ({ registration: a }, { registration: b }) => compare(a.name, b.name) || compare(a.id, b.id),
    );
}

/** The contexts of all sessions. */
export function sessionContexts(hub: HubSnapshot): SessionContext[] {
  return hub.context.sessions.flatMap((key) => {
    const ref = hub.children[key] as SessionRef | undefined;
    return ref?.getSnapshot().context ?? [];
  });
}

/** The rows of instances, as session `sessionId` sees them. */
export function instanceRows(
  hub: HubSnapshot,
  instances: readonly InstanceContext[],
  sessionId: string | null = null,
): InstanceRow[] {
  const sessions = sessionContexts(hub);
  return instances.map((instance) => rowOf(instance, sessions, sessionId));
}

/** The row of one instance, as session `sessionId` sees it. */
export function instanceRow(
  hub: HubSnapshot,
  instance: InstanceContext,
  sessionId: string | null = null,
): InstanceRow {
  return rowOf(instance, sessionContexts(hub), sessionId);
}

function rowOf(
  instance: InstanceContext,
  sessions: readonly SessionContext[],
  sessionId: string | null,
): InstanceRow {
  const { registration } = instance;
  const bound = sessions.filter(({ instanceId }) => instanceId === registration.id);
  return {
    id: registration.id,
    name: registration.name,
    path: registration.path,
    port: registration.port,
    pid: registration.pid,
    state: instance.state ?? 'discovered',
    connected_at: iso(instance.connectedAt),
    has_package_json: registration.hasPackageJson,
    discovered_at: iso(instance.discoveredAt),
    state_changed_at: iso(instance.stateChangedAt),
    retry_count: instance.retryCount,
    next_retry_at: iso(instance.nextRetryAt),
    last_activity: iso(instance.world.lastActivity),
    last_error: instance.lastFailure,
    sessions: bound.length,
    connected: bound.some(({ id }) => id === sessionId),
  };
}

/** The health of one instance. */
export function healthRow(instance: InstanceContext): HealthRow {
  return {
    id: instance.registration.id,
    name: instance.registration.name,
    state: instance.state ?? 'discovered',
    healthy: instance.state === 'active' && instance.missedPings === 0,
    missed_pings: instance.missedPings,
    last_ping: iso(instance.lastPing),
    last_pong: iso(instance.lastPong),
    response_time_ms: instance.responseTime,
    calls_in_flight: instance.world.callsInFlight,
    transitions: instance.transitions.map(({ at, ...rest }) => ({ ...rest, at: iso(at) })),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
