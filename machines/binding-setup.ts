import { assign, fromCallback, sendParent, sendTo, setup } from 'xstate';
import type { Failure, FailureCode, Transition } from './model.ts';
import { placeholder } from './placeholder.ts';

/** Milliseconds before a link that failed although its instance is active is opened again. */
export const RELINK_DELAY = 1_000;

/** Milliseconds for which a binding made for single calls is kept after the last one. */
export const LINGER = 5_000;

/** Failures of a link that pass when its instance is back. */
const AWAY: ReadonlySet<FailureCode> = new Set([
  'CONNECTION_REFUSED',
  'CONNECTION_LOST',
  'OUT_OF_DESCRIPTORS',
  'PROCESS_GONE',
  'SESSION_EXPIRED',
  'SUPERSEDED',
]);

/** What an instance is to a session: `home` has its tools under their own names, `once` serves `instances_call`. */
export type Role = 'home' | 'once';

/** Why a binding ended; null: the session left. */
export type EndedBecause = 'gone' | 'dead' | 'refused' | null;

export interface BindingInput {
  readonly sessionId: string;
  readonly instanceId: string;
  readonly role: Role;
  /** Whether the instance is active. */
  readonly active: boolean;
  /** The instance whose place this one has taken in the session, or null. */
  readonly succeeds: string | null;
}

export interface BindingContext extends BindingInput {
  /** Whether calls are under way; only known of the role `once`. */
  readonly busy: boolean;
  /** Number of the latest `open`: reports about an earlier one are out of date. */
  readonly attempt: number;
  readonly endedBecause: EndedBecause;
  readonly lastFailure: Failure | null;
}

/** What a binding reports to its session, which passes it on to the hub. */
export interface BindingReport
  extends Pick<BindingContext, 'sessionId' | 'instanceId' | 'role' | 'succeeds'> {
  readonly type: 'binding.transitioned';
  readonly to: 'opening' | 'bound' | 'ended';
  readonly because: EndedBecause;
  readonly failure: Failure | null;
}

/**
 * Commands to the link. `suspend` keeps the calls that wait for the instance, `takeOver` adds those of the link to another
 * instance, `close` leaves the instance for good.
 */
export type LinkCommand =
  | { readonly type: 'open'; readonly attempt: number }
  | { readonly type: 'suspend' }
  | { readonly type: 'takeOver'; readonly from: string }
  | { readonly type: 'close'; readonly because: EndedBecause };

export type LinkInput = Pick<BindingInput, 'sessionId' | 'instanceId' | 'role' | 'succeeds'>;

export type LinkReport =
  | { readonly type: 'link.up'; readonly attempt: number }
  | { readonly type: 'link.failed'; readonly attempt: number; readonly failure: Failure }
  | { readonly type: 'link.lost'; readonly attempt: number; readonly failure: Failure }
  /** The first call is under way, or no call any more. Only of the role `once`. */
  | { readonly type: 'link.busy' }
  | { readonly type: 'link.idle' };

export type BindingEvent =
  | LinkReport
  /** A call is about to be made. */
  | { readonly type: 'binding.use' }
  /** The instance is the session's home from now on; `succeeds`: in the place of that one. */
  | { readonly type: 'binding.promote'; readonly succeeds: string | null }
  /** The calls that wait for instance `from` are for this one from now on. */
  | { readonly type: 'binding.takeOver'; readonly from: string }
  | { readonly type: 'binding.end' }
  | {
      readonly type: 'instance.transitioned';
      readonly id: string;
      readonly transition: Transition;
    };

const stateIn = (event: BindingEvent) =>
  event.type === 'instance.transitioned' ? event.transition.to : null;

/** The parts of the binding chart by name. */
export const bindingSetup = setup({
  types: {
    context: {} as BindingContext,
    input: {} as BindingInput,
    events: {} as BindingEvent,
  },
  actors: {
    /** Owns the MCP session at the instance that carries the traffic. */
    link: fromCallback<LinkCommand, LinkInput>(placeholder('link')),
  },
  actions: {
    noteActive: assign({ active: true }),
    noteAway: assign({ active: false }),
    noteBusy: assign({ busy: true }),
    noteIdle: assign({ busy: false }),
    noteGone: assign({ endedBecause: 'gone' }),
    noteDead: assign({ endedBecause: 'dead' }),
    noteRefused: assign({ endedBecause: 'refused' }),
    noteFailure: assign(({ event }) => ({
      lastFailure: 'failure' in event ? event.failure : null,
    })),
    promote: assign(({ context, event }) => ({
      role: 'home',
      succeeds: event.type === 'binding.promote' ? event.succeeds : context.succeeds,
    })),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    open: sendTo('link', ({ context }) => ({ type: 'open', attempt: context.attempt })),
    suspend: sendTo('link', { type: 'suspend' }),
    takeOver: sendTo('link', ({ event }) => ({
      type: 'takeOver',
      from: event.type === 'binding.takeOver' ? event.from : '',
    })),
    close: sendTo('link', ({ context }) => ({ type: 'close', because: context.endedBecause })),
    report: sendParent(
      (
        { context: { sessionId, instanceId, role, succeeds, endedBecause, lastFailure } },
        { to }: { readonly to: BindingReport['to'] },
      ): BindingReport => ({
        type: 'binding.transitioned',
        ...{ sessionId, instanceId, role, succeeds, to },
        because: endedBecause,
        failure: lastFailure,
      }),
    ),
  },
  guards: {
    isCurrent: ({ context, event }) => 'attempt' in event && event.attempt === context.attempt,
    isActive: ({ context }) => context.active,
    isSuccessor: ({ context }) => context.succeeds !== null,
    isOnce: ({ context }) => context.role === 'once',
    isUnused: ({ context }) => context.role === 'once' && !context.busy,
    isUsed: ({ context }) => context.role !== 'once' || context.busy,
    /** The instance is probably being restarted: that is no refusal. */
    isAway: ({ event }) => event.type === 'link.failed' && AWAY.has(event.failure.code),
    becameActive: ({ event }) => stateIn(event) === 'active',
    becameGone: ({ event }) => stateIn(event) === 'removed',
    becameDead: ({ event }) => stateIn(event) === 'dead',
    wentAway: ({ event }) =>
      ['discovered', 'connecting', 'retrying'].includes(stateIn(event) ?? ''),
  },
  delays: { relinkDelay: RELINK_DELAY, linger: LINGER },
});
