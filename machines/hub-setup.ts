import { assign, emit, enqueueActions, fromPromise, sendTo, setup } from 'xstate';
import { CLOSE_DEADLINE, CRASH_BUDGET, CRASH_WINDOW } from './backoff.ts';
import {
  instanceActorId,
  instanceActors,
  instances,
  livingInstance,
  livingOf,
  sessionActorId,
} from './hub-children.ts';
import type { HubContext, HubEmitted, HubEvent, HubInput } from './hub-events.ts';
import { factsDiffer } from './instance-facts.ts';
import type { InstanceInput } from './instance-setup.ts';
import { placeholder } from './placeholder.ts';
import { sessionMachine } from './session.ts';
import { freed, granted, isIdle, queued } from './slots.ts';
import { isAlive } from './supervisor.ts';

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

/** Starts an instance, in the place of one that has ended. */
const start = (input: InstanceInput) => ({
  type: 'child.start' as const,
  id: instanceActorId(input.registration.id),
  input,
});

/** Whether an actor that has crashed, the latest crash noted, is started again. */
const isWithinBudget = ({ crashes }: HubContext, actorId: string) =>
  crashes.filter((crash) => crash.actorId === actorId).length <= CRASH_BUDGET;

/** Successions that are remembered. */
const SUCCESSORS = 1_000;

/** The parts of the hub chart by name. */
export const hubSetup = setup({
  types: {
    context: {} as HubContext,
    input: {} as HubInput,
    events: {} as HubEvent,
    emitted: {} as HubEmitted,
    children: {} as { instances: 'instances' } & Record<`session:${string}`, 'session'>,
  },
  actors: {
    instances,
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
      const child = livingInstance(self, registration.id);
      if (child) enqueue.sendTo(child, { type: 'registration.changed', registration });
      else enqueue.sendTo('instances', start({ registration, policy: context.policy }));
    }),
    passToInstance: enqueueActions(({ event, enqueue, self }) => {
      if (event.type !== 'registration.removed' && event.type !== 'registration.superseded') return;
      const child = livingInstance(self, event.id);
      if (child) enqueue.sendTo(child, event);
    }),
    /** A registration with new facts is an instance of its own again. */
    forgetSuccessor: assign(({ context, event, self }) => {
      if (event.type !== 'registration.accepted') return {};
      const { registration } = event;
      const { [instanceActorId(registration.id)]: successor, ...others } = context.successors;
      if (successor === undefined) return {};
      const known: unknown = livingInstance(self, registration.id)?.getSnapshot().context;
      const isSame = isInstanceContext(known) && !factsDiffer(known.registration, registration);
      return isSame ? {} : { successors: others };
    }),
    noteSuccessor: assign(({ context, event }) => {
      if (event.type !== 'instance.succeeded' || event.from === event.to) return {};
      const { from, to } = event;
      const [fromId, toId] = [instanceActorId(from), instanceActorId(to)];
      // Those whose place it had taken are led on; so every id is led by one step, and there is no circle.
      const others = Object.entries(context.successors)
        .filter(([former]) => former !== fromId && former !== toId)
        .map(([former, successor]) => [former, successor === from ? to : successor] as const);
      return {
        successors: Object.fromEntries([...others, [fromId, to] as const].slice(-SUCCESSORS)),
      };
    }),
    /** To the listeners and to every session, before the instance that ends says so itself. */
    reportSuccession: enqueueActions(({ context, event, enqueue, self }) => {
      if (event.type !== 'instance.succeeded') return;
      const { from, to } = event;
      const active = isActive(livingInstance(self, to)?.getSnapshot().context);
      enqueue.emit(event);
      for (const child of livingOf(self.getSnapshot().children, context.sessions)) {
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
    wakeInstances: sendTo('instances', {
      type: 'children.tell',
      event: { type: 'machine.woke' },
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
    stopInstances: sendTo('instances', { type: 'children.stop' }),
    queueForSlot: assign(({ context, event }) =>
      event.type === 'slot.requested' ? { slots: queued(context.slots, event.id) } : {},
    ),
    /** A slot is given back by leaving `connecting`, in whatever way; whoever leaves `discovered` needs none. */
    freeSlot: assign(({ context, event }) => {
      if (event.type === 'instance.transitioned') {
        const { from, to } = event.transition;
        const leavesQueue = from === 'discovered' && to !== 'connecting';
        if (from !== 'connecting' && !leavesQueue) return {};
      }
      const left = 'id' in event && typeof event.id === 'string' ? event.id : endedInstance(event);
      return left === null ? {} : { slots: freed(context.slots, left) };
    }),
    grantSlots: enqueueActions(({ context, enqueue, self }) => {
      const { slots, ids } = granted(context.slots);
      if (ids.length === 0) return;
      enqueue.assign({ slots });
      for (const id of ids) {
        const child = livingInstance(self, id);
        if (child) enqueue.sendTo(child, { type: 'slot.granted' });
      }
    }),
    /** Done children stay among the children until they are stopped. */
    buryInstance: enqueueActions(({ event, enqueue }) => {
      const id = endedInstance(event);
      if (id !== null) enqueue.sendTo('instances', { type: 'child.stop', id: instanceActorId(id) });
    }),
    burySession: enqueueActions(({ context, event, enqueue }) => {
      const actorId = actorIdOf(event);
      if (!actorId.startsWith('session:')) return;
      enqueue.stopChild(actorId);
      enqueue.assign({ sessions: context.sessions.filter((each) => each !== actorId) });
    }),
    noteCrash: assign(({ context: { crashes, now }, event }) => ({
      crashes: [
        ...crashes.filter(({ at }) => now - at < CRASH_WINDOW),
        { actorId: actorIdOf(event), at: now },
      ],
    })),
    reportCrash: emit(({ context, event }) => ({
      type: 'actor.crashed',
      actorId: actorIdOf(event),
      error: messageOf(event),
      restarted: isWithinBudget(context, actorIdOf(event)),
    })),
    restartInstance: enqueueActions(({ context, event, enqueue, self }) => {
      const id = endedInstance(event);
      if (id === null) return;
      const actorId = instanceActorId(id);
      const crashed = instanceActors(self.getSnapshot()).get(actorId)?.getSnapshot().context;
      if (isWithinBudget(context, actorId) && isInstanceContext(crashed)) {
        const { registration, policy } = crashed;
        enqueue.sendTo('instances', start({ registration, policy }));
        return;
      }
      enqueue.sendTo('instances', { type: 'child.stop', id: actorId });
      const reason = 'its actor crashed too often';
      const transition = { from: null, to: 'removed', at: context.now, reason } as const;
      enqueue.raise({ type: 'instance.transitioned', id, transition });
    }),
    restartSession: enqueueActions(({ context, event, enqueue }) => {
      const actorId = actorIdOf(event);
      if (!actorId.startsWith('session:')) return;
      const id = actorId.slice('session:'.length);
      enqueue.stopChild(actorId);
      if (isWithinBudget(context, actorId)) {
        enqueue.spawnChild('session', { id: sessionActorId(id), input: { id } });
      } else {
        enqueue.assign({ sessions: context.sessions.filter((each) => each !== actorId) });
      }
    }),
  },
  guards: {
    /** Every instance that was found has been connected to, or has failed. */
    isSettled: ({ context }) => isIdle(context.slots),
  },
  delays: { settle: ({ context }) => context.settle, closeDeadline: CLOSE_DEADLINE },
});
