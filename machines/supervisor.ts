import {
  Actor,
  type ActorLogic,
  type ActorScope,
  type AnyActorLogic,
  type AnyActorRef,
  type EventFromLogic,
  type EventObject,
  type InputFrom,
  type Snapshot,
} from 'xstate';

/** How many children get an event, or are stopped, in one turn of the event loop. */
const PORTION = 100;

/** The commands of a parent to its supervisor. `Event` is the event type of the children. */
export type SupervisorCommand<Input, Event> =
  /** Replaces a child with the same id. */
  | { readonly type: 'child.start'; readonly id: string; readonly input: Input }
  | { readonly type: 'child.stop'; readonly id: string }
  /** Sends `event` to every child, in batches. */
  | { readonly type: 'children.tell'; readonly event: Event }
  /** Stops every child, in batches. Then the parent gets {@link ChildrenStopped}. */
  | { readonly type: 'children.stop' };

export interface ChildrenStopped {
  readonly type: 'children.stopped';
}

/** Children by id. Includes ended ones until they are stopped. Live: all snapshots share the same map. */
export type Children<Logic extends AnyActorLogic> = Map<string, Actor<Logic>>;

export type SupervisorSnapshot<Logic extends AnyActorLogic> = Snapshot<undefined> & {
  readonly children: Children<Logic>;
};

/** Whether an actor still takes events. Ended and crashed actors remain among the children until they are stopped. */
export const isAlive = <Ref extends AnyActorRef>(child: Ref | undefined): child is Ref =>
  child?.getSnapshot().status === 'active';

type SupervisorEvent<Logic extends AnyActorLogic> =
  | SupervisorCommand<InputFrom<Logic>, EventFromLogic<Logic>>
  | {
      readonly type: 'children.tellRest';
      readonly event: EventFromLogic<Logic>;
      readonly rest: Iterator<Actor<Logic>>;
    }
  | { readonly type: 'xstate.stop' };

type Scope<Logic extends AnyActorLogic> = ActorScope<
  SupervisorSnapshot<Logic>,
  SupervisorEvent<Logic>
>;

/**
 * An actor with any number of children of one logic. A machine copies its `children` whenever it spawns or stops one; a
 * supervisor keeps them in a map, so that the cost per child doesn't grow with their number.
 *
 * Everything that a child sends to its parent is forwarded to the supervisor's parent, including its end and its crash.
 */
export function supervisorOf<Logic extends AnyActorLogic>(
  logic: Logic,
): ActorLogic<SupervisorSnapshot<Logic>, SupervisorEvent<Logic>> {
  return {
    getInitialSnapshot: () => ({
      status: 'active',
      output: undefined,
      error: undefined,
      children: new Map(),
    }),
    getPersistedSnapshot: (snapshot) => snapshot,
    transition: (snapshot, event, scope) => {
      const { children } = snapshot;
      switch (event.type) {
        case 'child.start': {
          const { id, input } = event;
          stop(children, id, scope);
          const child = new Actor(logic, { id, input, parent: scope.self });
          children.set(id, child);
          child.start();
          return snapshot;
        }
        case 'child.stop':
          stop(children, event.id, scope);
          return snapshot;
        case 'children.tell':
          tell(children.values(), event.event, scope);
          return snapshot;
        case 'children.tellRest':
          tell(event.rest, event.event, scope);
          return snapshot;
        case 'children.stop':
          stopPortion(children, scope);
          return snapshot;
        case 'xstate.stop':
          for (const id of children.keys()) stop(children, id, scope);
          return { children, status: 'stopped', output: undefined, error: undefined };
        default:
          // Not a command, so it comes from a child.
          scope.self._parent?.send(event);
          return snapshot;
      }
    },
  };
}

function stop<Logic extends AnyActorLogic>(
  children: Children<Logic>,
  id: string,
  { stopChild }: Scope<Logic>,
): void {
  const child = children.get(id);
  children.delete(id);
  if (child !== undefined) stopChild(child);
}

function stopPortion<Logic extends AnyActorLogic>(
  children: Children<Logic>,
  scope: Scope<Logic>,
): void {
  const { self, system } = scope;
  let left = PORTION;
  for (const id of children.keys()) {
    if (left === 0) {
      const next = { type: 'children.stop' };
      system.scheduler.schedule(self, self, next, 0, next.type);
      return;
    }
    stop(children, id, scope);
    left -= 1;
  }
  self._parent?.send({ type: 'children.stopped' } satisfies ChildrenStopped);
}

/** Ten thousand actors take half a second for anything. Batches let other work run in between. */
function tell<Logic extends AnyActorLogic>(
  rest: Iterator<Actor<Logic>>,
  event: EventFromLogic<Logic> & EventObject,
  { self, system }: Scope<Logic>,
): void {
  for (let sent = 0; sent < PORTION; sent += 1) {
    const { done, value: child } = rest.next();
    if (done === true) return;
    if (isAlive(child)) child.send(event);
  }
  const next = { type: 'children.tellRest', event, rest };
  system.scheduler.schedule(self, self, next, 0, next.type);
}
