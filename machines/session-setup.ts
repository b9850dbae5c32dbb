import { type ActorRefFrom, assign, enqueueActions, sendParent, setup } from 'xstate';
import { bindingMachine } from './binding.ts';
import type { BindingInput, BindingReport, EndedBecause } from './binding-setup.ts';
import type { Failure, InstanceState, Transition } from './model.ts';
import { isAlive } from './supervisor.ts';

export interface SessionInput {
  readonly id: string;
}

/** A home that ended without the agent's doing. */
export interface LostHome {
  readonly instanceId: string;
  readonly because: NonNullable<EndedBecause>;
  readonly failure: Failure | null;
}

export interface SessionContext extends SessionInput {
  /** Id of the instance whose tools the session has under their own names, or null. */
  readonly home: string | null;
  /** The last home; null once the agent has chosen otherwise. */
  readonly lost: LostHome | null;
  /** Ids of the instances that the session uses, the home among them. */
  readonly bindings: readonly string[];
}

export type SessionEvent =
  | BindingReport
  /** Makes an instance the home. */
  | { readonly type: 'session.bind'; readonly instanceId: string; readonly active: boolean }
  /** A single call is about to be made to an instance. */
  | { readonly type: 'session.use'; readonly instanceId: string; readonly active: boolean }
  | { readonly type: 'session.unbind' }
  /** Instance `to` has taken the place of `from`. */
  | {
      readonly type: 'session.succeed';
      readonly from: string;
      readonly to: string;
      readonly active: boolean;
    }
  | { readonly type: 'session.close' }
  /** From the hub, for every instance. */
  | {
      readonly type: 'instance.transitioned';
      readonly id: string;
      readonly transition: Transition;
    };

export type BindingRef = ActorRefFrom<typeof bindingMachine>;

/** Ids of children carry a prefix: an instance may be called `__proto__`. */
export const bindingActorId = (instanceId: string) => `binding:${instanceId}`;

/** Whether a home that ended may come back, as itself or as its successor. */
const mayReturn = ({ home, lost }: SessionContext, instanceId: string) =>
  home === null && lost?.instanceId === instanceId && lost.because !== 'refused';

/** The parts of the session chart by name. */
export const sessionSetup = setup({
  types: {
    context: {} as SessionContext,
    input: {} as SessionInput,
    events: {} as SessionEvent,
    children: {} as Record<string, 'binding'>,
  },
  actors: { binding: bindingMachine },
  actions: {
    /** Its binding goes on while single calls are under way that are older than the home. */
    endHome: enqueueActions(({ context: { home }, enqueue, self }) => {
      if (home === null) return;
      const child = self.getSnapshot().children[bindingActorId(home)];
      if (isAlive(child)) enqueue.sendTo(child, { type: 'binding.end' });
      enqueue.assign({ home: null });
    }),
    forgetLost: assign({ lost: null }),
    /** Binds an instance, or tells its binding what else it is to the session. */
    bind: enqueueActions(
      (
        { context, enqueue, self },
        { instanceId, role, active, succeeds }: Omit<BindingInput, 'sessionId'>,
      ) => {
        const id = bindingActorId(instanceId);
        const child = self.getSnapshot().children[id];
        if (role === 'home') enqueue.assign({ home: instanceId, lost: null });
        if (!context.bindings.includes(instanceId)) {
          if (child !== undefined) enqueue.stopChild(id);
          const input = { sessionId: context.id, instanceId, role, active, succeeds };
          enqueue.spawnChild('binding', { id, input });
          enqueue.assign({ bindings: [...context.bindings, instanceId] });
          return;
        }
        if (!isAlive(child)) return;
        if (succeeds !== null) enqueue.sendTo(child, { type: 'binding.takeOver', from: succeeds });
        const type = role === 'home' ? 'binding.promote' : 'binding.use';
        enqueue.sendTo(child, { type, succeeds });
      },
    ),
    /** The binding of an instance has no more to do: that of its successor has its link. */
    dropSucceeded: enqueueActions(({ context: { bindings }, event, enqueue }) => {
      if (event.type !== 'session.succeed' || event.from === event.to) return;
      enqueue.stopChild(bindingActorId(event.from));
      enqueue.assign({ bindings: bindings.filter((id) => id !== event.from) });
    }),
    passToBinding: enqueueActions(({ context: { bindings }, event, enqueue, self }) => {
      if (event.type !== 'instance.transitioned' || !bindings.includes(event.id)) return;
      const child = self.getSnapshot().children[bindingActorId(event.id)];
      if (isAlive(child)) enqueue.sendTo(child, event);
    }),
    /** Whoever has the id of a lost home after its removal may be another. */
    noteRemoved: assign(({ context: { lost } }) => ({
      lost: lost === null ? null : { ...lost, because: 'gone' as const },
    })),
    noteEnded: assign(({ context: { home, lost, bindings }, event }) => {
      if (event.type !== 'binding.transitioned') return {};
      const { instanceId, because, failure } = event;
      const isHome = instanceId === home;
      return {
        home: isHome ? null : home,
        lost: isHome && because !== null ? { instanceId, because, failure } : lost,
        bindings: bindings.filter((id) => id !== instanceId),
      };
    }),
    report: sendParent(({ event }) => event),
    /** Ended children stay among the children until they are stopped. */
    bury: enqueueActions(({ event, enqueue, self }) => {
      const id = 'actorId' in event && typeof event.actorId === 'string' ? event.actorId : '';
      // Another one may have its id already.
      if (!isAlive(self.getSnapshot().children[id])) enqueue.stopChild(id);
    }),
  },
  guards: {
    isHome: ({ context, event }) =>
      event.type === 'session.bind' && event.instanceId === context.home,
    isHomeSucceeded: ({ context, event }) =>
      event.type === 'session.succeed' &&
      ((event.from === context.home && event.from !== event.to) || mayReturn(context, event.from)),
    isOtherSucceeded: ({ context, event }) =>
      event.type === 'session.succeed' &&
      event.from !== event.to &&
      context.bindings.includes(event.from),
    lostReturned: ({ context, event }) => isLostNow(context, event, 'active'),
    lostRemoved: ({ context, event }) => isLostNow(context, event, 'removed'),
    isEnd: ({ event }) => event.type === 'binding.transitioned' && event.to === 'ended',
  },
});

function isLostNow(
  { home, lost }: SessionContext,
  event: SessionEvent,
  state: InstanceState,
): boolean {
  if (home !== null || lost?.because !== 'dead' || event.type !== 'instance.transitioned')
    return false;
  return event.id === lost.instanceId && event.transition.to === state;
}
