import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { HealthRow } from './health-row-schema.ts';
import { iso } from './iso-time.ts';
import type { ReadTraffic } from './traffic.ts';

/** The health of one instance. */
export function healthRow(instance: InstanceContext, trafficOf: ReadTraffic): HealthRow {
  const { id, name } = instance.registration;
  return {
    id,
    name,
    state: instance.state ?? 'discovered',
    healthy: instance.state === 'active' && instance.missedPings === 0,
    missed_pings: instance.missedPings,
    last_ping: iso(instance.lastPing),
    last_pong: iso(instance.lastPong),
    response_time_ms: instance.responseTime,
    calls_in_flight: trafficOf(id).callsInFlight,
    transitions: instance.transitions.map(({ at, ...rest }) => ({ ...rest, at: iso(at) })),
  };
}
