import type { EventObject } from 'xstate';
import { EAGER_FOR } from './backoff.ts';
import type { InstanceContext } from './instance-setup.ts';
import type { Failure, Registration, World } from './model.ts';

/** The world before it was first read. */
export const UNREAD_WORLD: World = {
  now: 0,
  random: 0,
  callsInFlight: 0,
  lastActivity: null,
  waiting: 0,
  tryInterval: null,
};

const FACTS = [
  'name',
  'path',
  'port',
  'url',
  'pid',
  'processStart',
  'nonce',
  'token',
  'startedAt',
] as const;

/** Whether a rewritten file changes anything that the connection depends on. If not, it is a heartbeat. */
export function factsDiffer(known: Registration, written: Registration): boolean {
  return FACTS.some((key) => known[key] !== written[key]);
}

/** When the instance was last heard from, in milliseconds since the epoch. */
export function lastHeard({ world, connectedAt }: InstanceContext): number {
  return Math.max(world.lastActivity ?? 0, connectedAt ?? 0);
}

/** Whether another server may answer at its endpoint, so that it is not contacted until its file changes. */
export function isDisowned({ lastFailure }: InstanceContext): boolean {
  return lastFailure?.code === 'PROCESS_GONE' || lastFailure?.code === 'SUPERSEDED';
}

/** Whether the last failure is not the instance's fault: it answered, or the hub had no descriptor to connect with. */
export function isUncounted({ lastFailure }: InstanceContext): boolean {
  return lastFailure?.code === 'UNAUTHORIZED' || lastFailure?.code === 'OUT_OF_DESCRIPTORS';
}

/** Whether its port refused or dropped the last connection, as during a restart of the server. */
export function isAway({ lastFailure }: InstanceContext): boolean {
  return lastFailure?.code === 'CONNECTION_REFUSED' || lastFailure?.code === 'CONNECTION_LOST';
}

/**
 * Milliseconds within which an instance that is {@link isAway} is tried again because it is waited for or was just used,
 * and its port is on this machine. Otherwise null.
 */
export function eagerInterval(context: InstanceContext): number | null {
  const { world } = context;
  const isWanted = world.waiting > 0 || world.now - lastHeard(context) < EAGER_FOR;
  if (!isAway(context) || !isWanted || world.tryInterval === null) return null;
  // Jitter: instances that went away together aren't all tried at the same moment.
  return Math.ceil(world.tryInterval * (0.9 + world.random / 10));
}

/** The failure that `event` reports, or that it means if it is a timer. */
export function failureOf(event: EventObject, { policy, missedPings }: InstanceContext): Failure {
  if ('failure' in event) return event.failure as Failure;
  if (event.type.startsWith('xstate.after.pingTimeout')) {
    return { code: 'PINGS_MISSED', message: `${missedPings} pings in a row were not answered` };
  }
  return {
    code: 'CONNECT_TIMEOUT',
    message: `not connected within ${policy.connectTimeout} ms`,
  };
}

/** Why a transition happens, in a few words for people. */
export function reasonOf(event: EventObject, { lastFailure }: InstanceContext): string {
  switch (event.type) {
    case 'xstate.init':
      return 'registration found';
    case 'slot.granted':
      return 'first attempt';
    case 'connection.up':
      return 'connected';
    case 'registration.changed':
      return 'registration changed';
    case 'registration.removed':
      return 'registration removed';
    case 'instance.reconnect':
      return 'reconnect asked for';
    case 'machine.woke':
      return 'the machine woke from sleep';
    default:
      if (event.type.startsWith('xstate.after.restOver')) return 'dead, and its process has ended';
      return lastFailure?.message ?? event.type;
  }
}
