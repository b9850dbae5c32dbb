import type { ActorSystem, ActorSystemInfo, AnyActorRef } from 'xstate';

/**
 * Keeps the timers of a system by actor. XState looks through all of them whenever an actor ends, so that ten thousand
 * actors take minutes to end.
 */
export function indexTimers({ scheduler }: Pick<ActorSystem<ActorSystemInfo>, 'scheduler'>): void {
  /** What is here may have gone off: to cancel that does nothing. */
  const ids = new WeakMap<AnyActorRef, Set<string>>();
  const { schedule } = scheduler;
  let unnamed = 0;
  scheduler.schedule = (source, target, event, delay, id = `unnamed-${++unnamed}`) => {
    const scheduled = ids.get(source);
    if (scheduled === undefined) ids.set(source, new Set([id]));
    else scheduled.add(id);
    schedule(source, target, event, delay, id);
  };
  scheduler.cancelAll = (source) => {
    for (const id of ids.get(source) ?? []) scheduler.cancel(source, id);
    ids.delete(source);
  };
}
