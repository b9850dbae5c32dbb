import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { Failure, InstanceState } from '../../machines/model.ts';
import type { SessionContext } from '../../machines/session-setup.ts';
import { iso } from './iso-time.ts';
import { type HubSnapshot, sessionContexts } from './selectors.ts';

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
  const bound = sessions.filter(({ home }) => home === registration.id);
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
