import type { SnapshotFrom } from 'xstate';
import type { hubMachine } from '../../machines/hub.ts';
import {
  type InstanceRef,
  instanceActorId,
  instanceActors,
  type SessionRef,
  sessionActorId,
} from '../../machines/hub-children.ts';
import type { InstanceContext } from '../../machines/instance-setup.ts';
import {
  type BindingRef,
  bindingActorId,
  type SessionContext,
} from '../../machines/session-setup.ts';
import { isAlive } from '../../machines/supervisor.ts';

export type HubSnapshot = SnapshotFrom<typeof hubMachine>;

/** The actor of an instance, or undefined when there is none that lives. */
export function instanceRef(hub: HubSnapshot, id: string): InstanceRef | undefined {
  const ref = instanceActors(hub).get(instanceActorId(id));
  return isAlive(ref) ? ref : undefined;
}

/** The actors of all instances that live, in the order in which they were started. */
export function instanceRefs(hub: HubSnapshot): InstanceRef[] {
  return [...instanceActors(hub).values()].filter(isAlive);
}

/** The id that an instance goes by now: its own, or that of the instance that has taken its place. */
export function currentId({ context: { successors } }: HubSnapshot, id: string): string {
  return successors[instanceActorId(id)] ?? id;
}

/** The ids of instances whose place `id` has taken. */
export function formerIds(hub: HubSnapshot, id: string): string[] {
  return Object.entries(hub.context.successors)
    .filter(([, successor]) => successor === id)
    .map(([former]) => former.slice(instanceActorId('').length));
}

/** The actor of a session, or undefined when there is none. */
export function sessionRef(hub: HubSnapshot, id: string): SessionRef | undefined {
  return hub.children[sessionActorId(id)];
}

/** The id of a session's home, or null. */
export function homeOf(hub: HubSnapshot, sessionId: string): string | null {
  return sessionRef(hub, sessionId)?.getSnapshot().context.home ?? null;
}

/** The bindings of a session. */
export function bindingRefs(hub: HubSnapshot, sessionId: string): BindingRef[] {
  const session = sessionRef(hub, sessionId)?.getSnapshot();
  return (session?.context.bindings ?? []).flatMap((id) => {
    return (session?.children[bindingActorId(id)] as BindingRef | undefined) ?? [];
  });
}

/** Whether the link to a session's home is being opened for the first time. */
export function isHomeOpening(hub: HubSnapshot, sessionId: string): boolean {
  const home = homeOf(hub, sessionId);
  return bindingRefs(hub, sessionId).some((ref) => {
    const binding = ref.getSnapshot();
    return binding.context.instanceId === home && binding.matches('opening');
  });
}

/** The context of an instance, or undefined when it isn't known. */
export function instanceContext(hub: HubSnapshot, id: string): InstanceContext | undefined {
  return instanceRef(hub, id)?.getSnapshot().context;
}

/** The contexts of all instances, by name, then id. */
export function instanceContexts(hub: HubSnapshot): InstanceContext[] {
  return instanceRefs(hub)
    .map((ref) => ref.getSnapshot().context)
    .sort(
      ({ registration: a }, { registration: b }) => compare(a.name, b.name) || compare(a.id, b.id),
    );
}

/** The contexts of all sessions. */
export function sessionContexts(hub: HubSnapshot): SessionContext[] {
  return hub.context.sessions.flatMap((key) => {
    const ref = hub.children[key] as SessionRef | undefined;
    return ref?.getSnapshot().context ?? [];
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
