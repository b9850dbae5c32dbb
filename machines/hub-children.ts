import type { ActorRefFrom, AnyActorRef } from 'xstate';
import { instanceMachine } from './instance.ts';
import type { sessionMachine } from './session.ts';
import { isAlive, supervisorOf } from './supervisor.ts';

export type InstanceRef = ActorRefFrom<typeof instanceMachine>;
export type SessionRef = ActorRefFrom<typeof sessionMachine>;

/** Ids of children carry a prefix: an instance may be called `__proto__`. */
export const instanceActorId = (id: string) => `instance:${id}`;
export const sessionActorId = (id: string) => `session:${id}` as const;

/** The one supervisor that all instances have. */
export const instances = supervisorOf(instanceMachine);

/** The actors of instances by {@link instanceActorId}, including those that have ended and haven't been stopped yet. */
export function instanceActors({ children }: HubChildren): ReadonlyMap<string, InstanceRef> {
  // In a replay there are no children.
  return children.instances?.getSnapshot().children ?? new Map();
}

interface HubChildren {
  readonly children: { readonly instances?: ActorRefFrom<typeof instances> | undefined };
}

/** The actor of an instance, unless it has ended. */
export const livingInstance = (hub: { getSnapshot(): HubChildren }, id: string) => {
  const child = instanceActors(hub.getSnapshot()).get(instanceActorId(id));
  return isAlive(child) ? child : undefined;
};

/** Those of these children that live. */
export const livingOf = (
  children: Readonly<Record<string, AnyActorRef | undefined>>,
  ids: readonly string[],
) => ids.map((id) => children[id]).filter(isAlive);
