import {
  type ActorRefFrom,
  type AnyActorRef,
  assign,
  enqueueActions,
  fromPromise,
  setup,
} from 'xstate';
import { CLOSE_DEADLINE, CONNECTION_SLOTS, CRASH_BUDGET, CRASH_WINDOW } from './backoff.ts';
import type { BindingReport } from './binding-setup.ts';
import { instanceMachine } from './instance.ts';
import type { InstanceReport } from './instance-events.ts';
import { factsDiffer } from './instance-facts.ts';
import type { InstanceInput } from './instance-setup.ts';
import type { Failure, InstancePolicy, Registration, Transition } from './model.ts';
import { placeholder } from './placeholder.ts';
import { sessionMachine } from './session.ts';

export interface HubInput {
  readonly policy: InstancePolicy;
}

export interface HubContext extends HubInput {
  /** Milliseconds since the epoch, as last read. */
  readonly now: number;
  /** Ids of the instances whose first attempt runs, and of those that wait for theirs. */
  readonly slotHolders: readonly string[];
  readonly slotQueue: readonly string[];
  /** Ids of the actors of sessions: there are few, and many instances. */
  readonly sessions: readonly string[];
  /** When actors crashed lately. */
  readonly crashes: readonly { readonly actorId: string; readonly at: number }[];
  /** Which instance took the place of which, by id, the oldest first. The old id stands for the new instance. */
  readonly successors: readonly { readonly from: string; readonly to: string }[];
}

export type HubEvent =
  | InstanceReport
  | BindingReport
  | { readonly type: 'registration.accepted'; readonly registration: Registration }
  | { readonly type: 'registration.removed'; readonly id: string }
  | {
      readonly type: 'registration.superseded';
      readonly id: string;
      readonly failure: Failure;
    }
  /** The process of instance `from` has ended, or its file was removed; `to` is of the same name and path, and lives. */
  | { readonly type: 'instance.succeeded'; readonly from: string; readonly to: string }
  | { readonly type: 'scan.completed' }
  | { readonly type: 'session.opened'; readonly id: string }
  | { readonly type: 'session.ended'; readonly id: string }
  /** The clock jumped: the machine was asleep. */
  | { readonly type: 'machine.woke' }
  | { readonly type: 'hub.stop' };

/** What the hub tells those who listen with `actor.on(…)`: supervision, as it happens. */
export type HubEmitted =
  | {
      readonly type: 'instance.transitioned';
      readonly id: string;
      readonly transition: Transition;
    }
  | { readonly type: 'instance.catalogueChanged'; readonly id: string }
  | { readonly type: 'instance.succeeded'; readonly from: string; readonly to: string }
  | BindingReport
  | {
      readonly type: 'actor.crashed';
      readonly actorId: string;
      readonly error: string;
      readonly restarted: boolean;
    };

export type InstanceRef = ActorRefFrom<typeof instanceMachine>;
export type SessionRef = ActorRefFrom<typeof sessionMachine>;

/** Ids of children carry a prefix: an instance may be called `__proto__`. */
export const instanceActorId = (id: string) => `instance:${id}`;
export const sessionActorId = (id: string) => `session:${id}`;

const isAlive = (child: AnyActorRef | undefined): child is AnyActorRef =>
  child?.getSnapshot().status === 'active';

const living = (children: Readonly<Record<string, AnyActorRef | undefined>>, prefix: string) =>
  Object.entries(children)
    .filter(([id]) => id.startsWith(prefix))
    .map(([, child]) => child)
    .filter(isAlive);

const livingOf = (
  children: Readonly<Record<string, AnyActorRef | undefined>>,
  ids: readonly string[],
) => ids.map((id) => children[id]).filter(isAlive);

/** The child that an `xstate.done.actor.*` or `xstate.error.actor.*` event is about. */
const actorIdOf = (event: object) =>
  'actorId' in event && typeof event.actorId === 'string' ? event.actorId : '';

const endedInstance = (event: object) =>
  actorIdOf(event).startsWith('instance:') ? actorIdOf(event).slice('instance:'.length) : null;

const messageOf = (event: object) =>
  'error' in event && event.error instanceof Error ? event.error.message : 'unknown error';

const isInstanceContext = (context: unknown): context is InstanceInput =>
  typeof context === 'object' && context !== null && 'registration' in context;

const isActive = (context: unknown) =>
  typeof context === 'object' &&
  context !== null &&
  'state' in context &&
  context.state === 'active';

/** Successions that are remembered. */
const SUCCESSORS = 1_000;

/** The parts of the hub chart by name. */
export const hubSetup = setup({
  types: {
    context: {} as HubContext,
    input: {} as HubInput,
    events: {} as HubEvent,
    emitted: {} as HubEmitted,
    children: {} as Record<string, 'instance' | 'session'>,
  },
  actors: {
    instance: instanceMachine,
    session: sessionMachine,
    /** Closes every link and connection politely; rejects and delays are cut off by `closeDeadline`. */
    closeAll: fromPromise<void>(placeholder('closeAll')),
  },
  actions: {
    /** An `assign` of `now` at the edge. */
    readClock: placeholder('readClock'),
    admit: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== 'registration.accepted') return;
      const { registration } = event;
      const id = instanceActorId(registration.id);
      const child = self.getSnapshot().children[id];
      if (isAlive(child)) {
        enqueue.sendTo(child, { type: 'registration.changed', registration });
        return;
      }
      if (child) enqueue.stopChild(id);
      enqueue.spawnChild('instance', { id, input: { registration, policy: context.policy } });
    }),
    passToInstance: enqueueActions(({ event, enqueue, self }) => {
      if (event.type !== 'registration.removed' && event.type !== 'registration.superseded') return;
      const child = self.getSnapshot().children[instanceActorId(event.id)];
      if (isAlive(child)) enqueue.sendTo(child, event);
    }),
    /** A registration with new facts is an instance of its own again. */
    forgetSuccessor: assign(({ context, event, self }) => {
      if (event.type !== 'registration.accepted') return {};
      const { registration } = event;
      const child = self.getSnapshot().children[instanceActorId(registration.id)];
      const known: unknown = isAlive(child) ? child.getSnapshot().context : null;
      const isSame = isInstanceContext(known) && !factsDiffer(known.registration, registration);
      if (isSame) return {};
      return { successors: context.successors.filter(({ from }) => from !== registration.id) };
    }),
    noteSuccessor: assign(({ context, event }) => {
      if (event.type !== 'instance.succeeded' || event.from === event.to) return {};
      const { from, to } = event;
      // Those whose place it had taken are led on; so every id is led by one step, and there is no circle.
      const others = context.successors
        .filter((each) => each.from !== from && each.from !== to)
        .map((each) => (each.to === from ? { from: each.from, to } : each));
      return { successors: [...others, { from, to }].slice(-SUCCESSORS) };
    }),
    /** To the listeners and to every session, before the instance that ends says so itself. */
    reportSuccession: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== 'instance.succeeded') return;
      const { from, to } = event;
      const { children } = self.getSnapshot();
      const successor = children[instanceActorId(to)];
      const active = isAlive(successor) && isActive(successor.getSnapshot().context);
      enqueue.emit(event);
      for (const child of livingOf(children, context.sessions)) {
        enqueue.sendTo(child, { type: 'session.succeed', from, to, active });
      }
    }),
    openSession: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== 'session.opened') return;
      const id = sessionActorId(event.id);
      if (self.getSnapshot().children[id]) enqueue.stopChild(id);
      enqueue.spawnChild('session', { id, input: { id: event.id } });
      enqueue.assign({ sessions: [...context.sessions.filter((each) => each !== id), id] });
    }),
    endSession: enqueueActions(({ event, enqueue, self }) => {
      if (event.type !== 'session.ended') return;
      const child = self.getSnapshot().children[sessionActorId(event.id)];
      if (isAlive(child)) enqueue.sendTo(child, { type: 'session.close' });
    }),
    wakeInstances: enqueueActions(({ event, enqueue, self }) => {
      for (const child of living(self.getSnapshot().children, 'instance:')) {
        enqueue.sendTo(child, event);
      }
    }),
    /** To the listeners and to every session: which instance is whose is the session's to know. */
    reportTransition: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== 'instance.transitioned') return;
      enqueue.emit(event);
      for (const child of livingOf(self.getSnapshot().children, context.sessions)) {
        enqueue.sendTo(child, event);
      }
    }),
    tell: enqueueActions(({ event, enqueue }) => {
      if (event.type === 'instance.catalogueChanged' || event.type === 'binding.transitioned') {
        enqueue.emit(event);
      }
    }),
    queueForSlot: assign(({ context, event }) =>
      event.type === 'slot.requested' ? { slotQueue: [...context.slotQueue, event.id] } : {},
    ),
    /** A slot is given back by leaving `connecting`, in whatever way; whoever leaves `discovered` needs none. */
    freeSlot: assign(({ context, event }) => {
      if (event.type === 'instance.transitioned') {
        const { from, to } = event.transition;
        const leavesQueue = from === 'discovered' && to !== 'connecting';
        if (from !== 'connecting' && !leavesQueue) return {};
      }
      const left = 'id' in event && typeof event.id === 'string' ? event.id : endedInstance(event);
      // Holders are few, and those who wait many: nobody is both.
      const { slotHolders, slotQueue } = context;
      if (slotHolders.some((id) => id === left)) {
        return { slotHolders: slotHolders.filter((id) => id !== left) };
      }
      return slotQueue.some((id) => id === left)
        ? { slotQueue: slotQueue.filter((id) => id !== left) }
        : {};
    }),
    grantSlots: enqueueActions(({ context, enqueue, self }) => {
      const granted = context.slotQueue.slice(0, CONNECTION_SLOTS - context.slotHolders.length);
      if (granted.length === 0) return;
      enqueue.assign({
        slotHolders: [...context.slotHolders, ...granted],
        slotQueue: context.slotQueue.slice(granted.length),
      });
      const { children } = self.getSnapshot();
      for (const id of granted) {
        const child = children[instanceActorId(id)];
        if (isAlive(child)) enqueue.sendTo(child, { type: 'slot.granted' });
      }
    }),
    /** Done children stay among the children until they are stopped. */
    bury: enqueueActions(({ context, event, enqueue }) => {
      const actorId = actorIdOf(event);
      enqueue.stopChild(actorId);
      if (actorId.startsWith('session:')) {
        enqueue.assign({ sessions: context.sessions.filter((each) => each !== actorId) });
      }
    }),
    restartCrashed: enqueueActions(({ context, event, enqueue, self }) => {
      const actorId = actorIdOf(event);
      const child = self.getSnapshot().children[actorId];
      const recent = context.crashes.filter(({ at }) => context.now - at < CRASH_WINDOW);
      const restarted = recent.filter((crash) => crash.actorId === actorId).length < CRASH_BUDGET;
      enqueue.assign({ crashes: [...recent, { actorId, at: context.now }] });
      enqueue.stopChild(actorId);
      enqueue.emit({ type: 'actor.crashed', actorId, error: messageOf(event), restarted });
      const crashed: unknown = child?.getSnapshot().context;
      if (actorId.startsWith('session:')) {
        const id = actorId.slice('session:'.length);
        if (restarted) enqueue.spawnChild('session', { id: actorId, input: { id } });
        else enqueue.assign({ sessions: context.sessions.filter((each) => each !== actorId) });
        return;
      }
      const id = endedInstance(event) ?? '';
      if (restarted && isInstanceContext(crashed)) {
        const { registration, policy } = crashed;
        enqueue.spawnChild('instance', { id: actorId, input: { registration, policy } });
        return;
      }
      const transition = {
        from: null,
        to: 'removed',
        at: context.now,
        reason: 'its actor crashed too often',
      } as const;
      enqueue.raise({ type: 'instance.transitioned', id, transition });
    }),
  },
  delays: { closeDeadline: CLOSE_DEADLINE },
});
