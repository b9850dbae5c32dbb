import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { SessionContext } from '../../machines/session-setup.ts';
import type { InstanceRow } from './instance-row-schema.ts';
import { iso } from './iso-time.ts';
import { type HubSnapshot, sessionContexts } from './selectors.ts';
import type { ReadTraffic } from './traffic.ts';

/** The rows of instances, as session `sessionId` sees them. */
export function instanceRows(
  hub: HubSnapshot,
  instances: readonly InstanceContext[],
  trafficOf: ReadTraffic,
  sessionId: string | null = null,
): InstanceRow[] {
  const sessions = sessionContexts(hub);
  return instances.map((instance) => rowOf(instance, sessions, trafficOf, sessionId));
}

/** The row of one instance, as session `sessionId` sees it. */
export function instanceRow(
  hub: HubSnapshot,
  instance: InstanceContext,
  trafficOf: ReadTraffic,
  sessionId: string | null = null,
): InstanceRow {
  return rowOf(instance, sessionContexts(hub), trafficOf, sessionId);
}

function rowOf(
  instance: InstanceContext,
  sessions: readonly SessionContext[],
  trafficOf: ReadTraffic,
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
    last_activity: iso(trafficOf(registration.id).lastActivity),
    last_error: instance.lastFailure,
    sessions: bound.length,
    connected: bound.some(({ id }) => id === sessionId),
  };
}
