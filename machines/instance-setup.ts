import { assertEvent, assign, fromCallback, sendParent, sendTo, setup } from 'xstate';
import {
  backoffDelay,
  DESCRIPTOR_DELAY,
  isQuiet,
  LONGEST_DELAY,
  remember,
  STABLE_AFTER,
  UNAUTHORIZED_DELAY,
  untilBeat,
} from './backoff.ts';
import type { ConnectionCommand, InstanceEvent } from './instance-events.ts';
import {
  eagerInterval,
  factsDiffer,
  failureOf,
  isDisowned,
  isUncounted,
  lastHeard,
  reasonOf,
} from './instance-facts.ts';
import type {
  Catalogue,
  Failure,
  InstancePolicy,
  InstanceState,
  Peer,
  Registration,
  Transition,
  World,
} from './model.ts';
import { placeholder } from './placeholder.ts';

export interface InstanceInput {
  readonly registration: Registration;
  readonly policy: InstancePolicy;
}

export interface InstanceContext extends InstanceInput {
  readonly world: World;
  /** The shown state and when it was entered; null before the first. */
  readonly state: InstanceState | null;
  readonly stateChangedAt: number | null;
  readonly discoveredAt: number | null;
  readonly connectedAt: number | null;
  /** Number of the latest attempt. Reports of earlier attempts are out of date. */
  readonly attempt: number;
  readonly retryCount: number;
  readonly nextRetryAt: number | null;
  /** When a dead instance is removed if its process has ended. */
  readonly expiresAt: number | null;
  readonly missedPings: number;
  readonly lastPing: number | null;
  readonly lastPong: number | null;
  readonly responseTime: number | null;
  readonly lastFailure: Failure | null;
  readonly peer: Peer | null;
  /** Kept while the instance is away, so that its tools stay listed. */
  readonly catalogue: Catalogue | null;
  readonly transitions: readonly Transition[];
}

/** Milliseconds until the next retry. */
function retryDelay({ lastFailure, policy, retryCount, world }: InstanceContext): number {
  switch (lastFailure?.code) {
    case 'UNAUTHORIZED':
      return UNAUTHORIZED_DELAY;
    case 'OUT_OF_DESCRIPTORS':
      return Math.ceil(DESCRIPTOR_DELAY * (0.5 + world.random / 2));
    default:
      return backoffDelay(retryCount + 1, world.random, policy);
  }
}

/** The parts of the instance chart by name. Those with effects outside of the chart are placeholders. */
export const instanceSetup = setup({
  types: {
    context: {} as InstanceContext,
    input: {} as InstanceInput,
    events: {} as InstanceEvent,
  },
  actors: {
    /** Owns the sockets and the MCP client, and lives as long as the instance. */
    connection: fromCallback<ConnectionCommand, { readonly id: string }>(placeholder('connection')),
  },
  actions: {
    /** Provided as an `assign` of `world`: the chart's only source of time and chance. */
    readWorld: placeholder('readWorld'),
    /** Deletes the registration file that an ended process left behind. */
    deleteStaleFile: placeholder('deleteStaleFile'),
    enter: assign(({ context, event }, { state }: { readonly state: InstanceState }) => {
      const at = context.world.now;
      const transition = { from: context.state, to: state, at, reason: reasonOf(event, context) };
      return {
        state,
        stateChangedAt: at,
        discoveredAt: context.discoveredAt ?? at,
        transitions: remember(context.transitions, transition),
      };
    }),
    reportTransition: sendParent(({ context }) => ({
      type: 'instance.transitioned',
      id: context.registration.id,
      transition: context.transitions.at(-1),
    })),
    requestSlot: sendParent(({ context }) => ({
      type: 'slot.requested',
      id: context.registration.id,
    })),
    reportCatalogue: sendParent(({ context }) => ({
      type: 'instance.catalogueChanged',
      id: context.registration.id,
    })),
    adoptRegistration: assign(({ event }) => {
      assertEvent(event, 'registration.changed');
      return { registration: event.registration };
    }),
    forgiveRetries: assign({ retryCount: 0 }),
    /** A server that crashes on every connect becomes dead; one that is restarted all day never does. */
    forgiveIfStable: assign(({ context }) =>
      context.state === 'active' && context.world.now - (context.connectedAt ?? 0) >= STABLE_AFTER
        ? { retryCount: 0 }
        : {},
    ),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    /** An instance that answers 401 or 403 is alive, and a hub that runs out of descriptors is not its fault. */
    countRetry: assign(({ context }) => ({
      nextRetryAt: null,
      retryCount: isUncounted(context) ? context.retryCount : context.retryCount + 1,
    })),
    /** A refused connection means that the server is being restarted, not that it is broken. */
    refundRetry: assign(({ context }) =>
      eagerInterval(context) !== null && context.lastFailure?.code === 'CONNECTION_REFUSED'
        ? { retryCount: Math.max(0, context.retryCount - 1) }
        : {},
    ),
    open: sendTo('connection', ({ context }) => ({
      type: 'open',
      attempt: context.attempt,
      registration: context.registration,
    })),
    close: sendTo('connection', { type: 'close' }),
    ping: sendTo('connection', ({ context }) => ({ type: 'ping', attempt: context.attempt })),
    noteFailure: assign(({ context, event }) => ({ lastFailure: failureOf(event, context) })),
    noteUp: assign(({ context, event }) => {
      assertEvent(event, 'connection.up');
      return {
        peer: event.peer,
        catalogue: event.catalogue,
        connectedAt: context.world.now,
        missedPings: 0,
        lastPing: null,
        lastFailure: event.shortfall ?? null,
        nextRetryAt: null,
      };
    }),
    noteCatalogue: assign(({ event }) => {
      assertEvent(event, 'connection.catalogueChanged');
      return { catalogue: event.catalogue, lastFailure: event.shortfall ?? null };
    }),
    notePing: assign({ lastPing: ({ context }) => context.world.now }),
    notePong: assign(({ context, event }) => {
      assertEvent(event, 'connection.pong');
      return { lastPong: context.world.now, responseTime: event.responseTime, missedPings: 0 };
    }),
    noteAlive: assign({ missedPings: 0 }),
    noteMiss: assign({ missedPings: ({ context }) => context.missedPings + 1 }),
    /** An earlier plan is brought forward if anything, never put off. */
    planRetry: assign({
      nextRetryAt: ({ context }) => {
        const { lastFailure, nextRetryAt, world } = context;
        const delay = retryDelay(context);
        const eager = eagerInterval(context);
        // A refused attempt costs nothing: the interval alone decides when the next one is made.
        const isFree = eager !== null && lastFailure?.code === 'CONNECTION_REFUSED';
        const planned = world.now + (isFree ? eager : Math.min(delay, eager ?? delay));
        return Math.min(planned, nextRetryAt ?? planned);
      },
    }),
    planRevival: assign({
      nextRetryAt: ({ context }) => {
        const { policy, world } = context;
        if (isDisowned(context)) return null;
        const delay = eagerInterval(context) ?? policy.reviveInterval;
        return delay > 0 ? world.now + delay : null;
      },
    }),
    hastenRevival: assign({
      nextRetryAt: ({ context }) => {
        const { nextRetryAt, world } = context;
        const interval = eagerInterval(context);
        if (interval === null) return nextRetryAt;
        return Math.min(world.now + interval, nextRetryAt ?? Infinity);
      },
    }),
    planExpiry: assign({ expiresAt: ({ context }) => context.world.now + context.policy.deadTtl }),
    dropPlans: assign({ nextRetryAt: null, expiresAt: null }),
  },
  guards: {
    /** Whether the registration names a process that has ended. */
    processGone: placeholder('processGone'),
    isCurrent: ({ context, event }) => 'attempt' in event && event.attempt === context.attempt,
    factsDiffer: ({ context, event }) =>
      event.type === 'registration.changed' &&
      factsDiffer(context.registration, event.registration),
    /** For the first ping, half an interval of quiet is enough. */
    isQuiet: ({ context }) => {
      const { lastPing, policy, world } = context;
      const quiet = lastPing === null ? policy.pingInterval / 2 : policy.pingInterval;
      return isQuiet(lastHeard(context), world.now, quiet);
    },
    heardSincePing: ({ context }) => lastHeard(context) > (context.lastPing ?? Infinity),
    /** A server that is busy with calls may miss pings without being dead. */
    isGivenUp: ({ context }) =>
      context.missedPings >= context.policy.maxMissedPings && context.world.callsInFlight === 0,
    hasRetries: ({ context }) =>
      !isDisowned(context) &&
      (context.retryCount < context.policy.maxRetries || isUncounted(context)),
    isProcessGone: ({ context }) => context.lastFailure?.code === 'PROCESS_GONE',
    isDisowned: ({ context }) => isDisowned(context),
    revivalDue: ({ context }) => (context.nextRetryAt ?? Infinity) <= context.world.now,
    expiryDue: ({ context }) => (context.expiresAt ?? Infinity) <= context.world.now,
  },
  delays: {
    connectTimeout: ({ context }) => context.policy.connectTimeout,
    pingTimeout: ({ context }) => context.policy.pingTimeout,
    /** Counted from when it was last heard from. The first is random, so that instances aren't all pinged at once. */
    pingDue: ({ context }) => {
      const { policy, world } = context;
      const phase = context.lastPing === null ? 0.5 + world.random / 2 : 1;
      const quietIn = (lastHeard(context) + policy.pingInterval - world.now) * phase;
      return untilBeat(world.now + quietIn, world.now, policy.pingInterval);
    },
    backoff: ({ context }) => Math.max(0, (context.nextRetryAt ?? 0) - context.world.now),
    goneGrace: ({ context }) => context.policy.goneGrace,
    restOver: ({ context }) => {
      const due = Math.min(context.nextRetryAt ?? Infinity, context.expiresAt ?? Infinity);
      return Math.min(Math.max(1, due - context.world.now), LONGEST_DELAY);
    },
  },
});
