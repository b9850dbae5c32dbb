import { assign, fromCallback, sendParent, sendTo, setup } from 'xstate';
import type { Failure, FailureCode, Transition } from './model.ts';
import { placeholder } from './placeholder.ts';

/** Milliseconds before a link that failed though its instance is active is tried again. */
export const RELINK_DELAY = 1_000;

/** Failures of a link that pass when its instance is back. */
const AWAY: ReadonlySet<FailureCode> = new Set([
  'CONNECTION_REFUSED',
  'CONNECTION_LOST',
  'OUT_OF_DESCRIPTORS',
  'PROCESS_GONE',
  'SESSION_EXPIRED',
  'SUPERSEDED',
]);

/** Why a session is unbound; null when it was asked for, or never bound. */
export type LeftBecause = 'gone' | 'dead' | 'refused' | null;

/** What a session tells the hub. */
export interface SessionReport {
  readonly type: 'session.transitioned';
  readonly id: string;
  readonly to: 'unbound' | 'binding' | 'bound';
  readonly instanceId: string | null;
  readonly leftBecause: LeftBecause;
  readonly failure: Failure | null;
  /** The instance whose place `instanceId` has taken; null where the agent chose it. */
  readonly succeeds: string | null;
}

export interface SessionInput {
  readonly id: string;
}

export interface SessionContext extends SessionInput {
  /** The instance that the session chose, or null. */
  readonly instanceId: string | null;
  /** Whether that instance is active, as far as the session was told. */
  readonly instanceActive: boolean;
  /** Number of the latest `open`: what an earlier one reports is out of date. */
  readonly attempt: number;
  readonly leftBecause: LeftBecause;
  readonly lastFailure: Failure | null;
  /** The instance that ended while the session was connected to it; null once the agent has chosen otherwise. */
  readonly lostId: string | null;
  /** The instance whose place the current one has taken, or null. */
  readonly succeeds: string | null;
}

/**
 * What the link is told. `close` leaves the instance for good, `suspend` keeps what waits for it, `move` gives what
 * waits, and the subscriptions, to the instance that has taken its place.
 */
export type LinkCommand =
  | { readonly type: 'open'; readonly attempt: number; readonly instanceId: string }
  | { readonly type: 'suspend'; readonly instanceId: string }
  | { readonly type: 'move'; readonly from: string; readonly to: string }
  | { readonly type: 'close'; readonly because: LeftBecause };

export type LinkReport =
  | { readonly type: 'link.up'; readonly attempt: number }
  | { readonly type: 'link.failed'; readonly attempt: number; readonly failure: Failure }
  | { readonly type: 'link.lost'; readonly attempt: number; readonly failure: Failure };

export type SessionEvent =
  | LinkReport
  | { readonly type: 'session.bind'; readonly instanceId: string; readonly active: boolean }
  | { readonly type: 'session.unbind' }
  /** Instance `to` has taken the place of `from`. */
  | {
      readonly type: 'session.succeed';
      readonly from: string;
      readonly to: string;
      readonly active: boolean;
    }
  | { readonly type: 'session.close' }
  /** From the hub, for every instance; the session minds its own. */
  | {
      readonly type: 'instance.transitioned';
      readonly id: string;
      readonly transition: Transition;
    };

/** The parts of the session chart by name. */
export const sessionSetup = setup({
  types: {
    context: {} as SessionContext,
    input: {} as SessionInput,
    events: {} as SessionEvent,
  },
  actors: {
    /** Owns the MCP connection that carries the session's traffic. */
    link: fromCallback<LinkCommand, { readonly id: string }>(placeholder('link')),
  },
  actions: {
    choose: assign(({ context, event }) =>
      event.type === 'session.bind'
        ? {
            instanceId: event.instanceId,
            instanceActive: event.active,
            leftBecause: null,
            lostId: null,
            succeeds: null,
          }
        : context,
    ),
    inherit: assign(({ context, event }) =>
      event.type === 'session.succeed'
        ? {
            instanceId: event.to,
            instanceActive: event.active,
            leftBecause: null,
            lostId: null,
            succeeds: event.from,
          }
        : context,
    ),
    resume: assign(({ context }) => ({
      instanceId: context.lostId,
      instanceActive: true,
      leftBecause: null,
      lostId: null,
      succeeds: context.lostId,
    })),
    noteLost: assign({ lostId: ({ context }) => context.instanceId }),
    forgetLost: assign({ lostId: null }),
    forget: assign({ instanceId: null, instanceActive: false, succeeds: null }),
    noteAsked: assign({ leftBecause: null }),
    noteGone: assign({ leftBecause: 'gone' }),
    noteDead: assign({ leftBecause: 'dead' }),
    noteRefused: assign({ leftBecause: 'refused' }),
    noteActive: assign({ instanceActive: true }),
    noteAway: assign({ instanceActive: false }),
    noteFailure: assign(({ event }) => ({
      lastFailure: 'failure' in event ? event.failure : null,
    })),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    open: sendTo('link', ({ context }) => ({
      type: 'open',
      attempt: context.attempt,
      instanceId: context.instanceId ?? '',
    })),
    suspend: sendTo('link', ({ context }) => ({
      type: 'suspend',
      instanceId: context.instanceId ?? '',
    })),
    move: sendTo('link', ({ context, event }) => ({
      type: 'move',
      from: event.type === 'session.succeed' ? event.from : (context.lostId ?? ''),
      to: event.type === 'session.succeed' ? event.to : (context.lostId ?? ''),
    })),
    close: sendTo('link', ({ context }) => ({ type: 'close', because: context.leftBecause })),
    report: sendParent(({ context }, { to }: { readonly to: SessionReport['to'] }) => ({
      type: 'session.transitioned',
      id: context.id,
      to,
      instanceId: context.instanceId,
      leftBecause: context.leftBecause,
      failure: context.lastFailure,
      succeeds: context.succeeds,
    })),
  },
  guards: {
    isCurrent: ({ context, event }) => 'attempt' in event && event.attempt === context.attempt,
    isActive: ({ context }) => context.instanceActive,
    bindsToActive: ({ event }) => event.type === 'session.bind' && event.active,
    isSame: ({ context, event }) =>
      event.type === 'session.bind' && event.instanceId === context.instanceId,
    isSucceeded: ({ context, event }) =>
      event.type === 'session.succeed' &&
      event.active &&
      event.from === (context.instanceId ?? context.lostId),
    isSucceededLater: ({ context, event }) =>
      event.type === 'session.succeed' && event.from === (context.instanceId ?? context.lostId),
    lostReturned: ({ context, event }) =>
      event.type === 'instance.transitioned' &&
      event.id === context.lostId &&
      event.transition.to === 'active' &&
      context.leftBecause === 'dead',
    lostRemoved: ({ context, event }) =>
      event.type === 'instance.transitioned' &&
      event.id === context.lostId &&
      event.transition.to === 'removed' &&
      context.leftBecause === 'dead',
    /** The instance is just being restarted, most likely: that is no refusal. */
    isAway: ({ context, event }) =>
      event.type === 'link.failed' &&
      event.attempt === context.attempt &&
      AWAY.has(event.failure.code),
    becameActive: ({ context, event }) => becomes(context, event) === 'active',
    isGone: ({ context, event }) => becomes(context, event) === 'removed',
    isDead: ({ context, event }) => becomes(context, event) === 'dead',
    wentAway: ({ context, event }) =>
      ['discovered', 'connecting', 'retrying'].includes(becomes(context, event) ?? ''),
  },
  delays: { relinkDelay: RELINK_DELAY },
});

function becomes({ instanceId }: SessionContext, event: SessionEvent) {
  return event.type === 'instance.transitioned' && event.id === instanceId
    ? event.transition.to
    : null;
}
