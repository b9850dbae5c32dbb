import { type AnyEventObject, assign, fromCallback } from 'xstate';
import { z } from 'zod';
import { instanceMachine } from '../../machines/instance.ts';
import { isDisowned } from '../../machines/instance-facts.ts';
import type { InstanceContext, InstanceInput } from '../../machines/instance-setup.ts';
import type { InstancePolicy } from '../../machines/model.ts';
import type { PathOptions } from '../helpers/chart-paths.ts';
import { EMPTY, PEER, WEB } from '../helpers/scripted-instance.ts';

/** The conditions of a step. The environment makes them real. */
export const circumstances = z.looseObject({
  /** Milliseconds since the epoch. */
  now: z.number().optional(),
  /** A sign of life came since the last step. */
  heard: z.boolean().optional(),
  /** The process that was registered has ended. */
  gone: z.boolean().optional(),
  /** The wall clock was set back. */
  setBack: z.boolean().optional(),
});

/** The chart as a model of itself: what it reads of the world comes along with the events. */
export const modelInstance = instanceMachine.provide({
  actors: { connection: fromCallback(() => {}) },
  actions: {
    readWorld: assign({
      world: ({ context: { world }, event }) => {
        const { now = world.now, heard = false } = circumstances.parse(event);
        return { ...world, now, random: 0, lastActivity: heard ? now : world.lastActivity };
      },
    }),
    deleteStaleFile: () => {},
    // A chart that is only walked has no parent.
    reportTransition: () => {},
    requestSlot: () => {},
    reportCatalogue: () => {},
  },
  guards: { processGone: ({ event }) => circumstances.parse(event).gone === true },
});

const isInstanceContext = (context: unknown): context is InstanceContext =>
  typeof context === 'object' && context !== null && 'registration' in context;

const FAILURE = { code: 'CONNECTION_LOST', message: '' };

/** What can happen to an instance, and what of its context makes a difference to that. */
export function instancePathOptions(policy: InstancePolicy): PathOptions {
  const input: InstanceInput = { registration: WEB, policy };
  return {
    starts: [{ input }],
    events({ value, context }) {
      if (!isInstanceContext(context)) return [];
      const { attempt, registration, world } = context;
      const always: AnyEventObject[] = [
        { type: 'slot.granted' },
        ...['connection.up', 'connection.failed', 'connection.down', 'connection.pong'].map(
          (type) => ({
            type,
            attempt,
            peer: PEER,
            catalogue: EMPTY,
            failure: FAILURE,
            responseTime: 1,
          }),
        ),
        ...['UNAUTHORIZED', 'PROCESS_GONE'].map((code) => ({
          type: 'connection.failed',
          attempt,
          failure: { code, message: '' },
        })),
        { type: 'connection.catalogueChanged', attempt, catalogue: EMPTY },
        { type: 'registration.changed', registration },
        {
          type: 'registration.changed',
          registration: { ...registration, startedAt: `${registration.startedAt}+` },
        },
        { type: 'registration.removed' },
        { type: 'instance.suspected' },
        { type: 'machine.woke' },
      ];
      // Requests for a superseded instance get its successor.
      const named: AnyEventObject[] =
        context.lastFailure?.code === 'SUPERSEDED'
          ? []
          : [
              { type: 'registration.superseded', failure: { code: 'SUPERSEDED', message: '' } },
              { type: 'instance.reconnect' },
              { type: 'instance.probe' },
              { type: 'instance.awaited' },
            ];
      return [...always, ...named, ...timers(JSON.stringify(value), context, world.now)];
    },
    abstract(context) {
      if (!isInstanceContext(context)) return null;
      const { state, retryCount, missedPings, nextRetryAt, expiresAt } = context;
      const disowned = isDisowned(context) ? context.lastFailure?.code : null;
      if (state === 'dead') return [disowned, (expiresAt ?? Infinity) <= (nextRetryAt ?? Infinity)];
      return [disowned, retryCount, state === 'active' ? missedPings : 0];
    },
  };
}

/** The timer that runs in a state, with the circumstances that make a difference when it goes off. */
function timers(value: string, context: InstanceContext, now: number): AnyEventObject[] {
  const { policy, nextRetryAt, expiresAt } = context;
  const after = (delay: string, state: string, ...circumstances: object[]) =>
    circumstances.map((each) => ({ type: `xstate.after.${delay}.instance.${state}`, ...each }));
  switch (value) {
    case '"connecting"':
      return after('connectTimeout', 'connecting', { now: now + policy.connectTimeout });
    case '{"active":"idle"}':
      return [true, false].flatMap((heard) =>
        after('pingDue', 'active.idle', { now: now + policy.pingInterval, heard }),
      );
    case '{"active":"pinging"}':
      return [true, false].flatMap((heard) =>
        after('pingTimeout', 'active.pinging', { now: now + policy.pingTimeout, heard }),
      );
    case '{"retrying":"waiting"}':
      return after('backoff', 'retrying.waiting', { now });
    case '{"retrying":"attempting"}':
      return after('connectTimeout', 'retrying.attempting', { now: now + policy.connectTimeout });
    case '{"retrying":"gone"}':
      return after('goneGrace', 'retrying.gone', { now: now + policy.goneGrace });
    case '{"dead":"resting"}': {
      const due = Math.min(nextRetryAt ?? Infinity, expiresAt ?? Infinity);
      const late = { now: due, setBack: false };
      return after(
        'restOver',
        'dead.resting',
        { ...late, gone: false },
        { ...late, gone: true },
        { now, setBack: true },
      );
    }
    case '{"dead":"probing"}':
      return after('connectTimeout', 'dead.probing', { now: now + policy.connectTimeout });
    default:
      return [];
  }
}
