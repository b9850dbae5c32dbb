import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { InstanceState } from '../../machines/model.ts';
import { iso } from './iso-time.ts';

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
