import type { EventObject } from 'xstate';
import { outerState, pathOf } from './state-path.ts';

/** A change of an actor's state, as its chart names it: from `active.idle` to `retrying.waiting`. */
export interface StateChange {
  /** Null for its first. */
  readonly from: string | null;
  readonly to: string;
  /** For people where the chart says it in words, otherwise the event. */
  readonly because: string;
}

/** What `event` has changed, given the state before it and the snapshot after it; null when that is nothing. */
export function changeOf(
  from: string | null,
  snapshot: object,
  event: EventObject,
): StateChange | null {
  const to = 'value' in snapshot ? pathOf(snapshot.value) : null;
  if (to === null || to === from) return null;
  const because = (isShown({ from, to }) && reasonIn(snapshot)) || wordOf(event.type);
  return { from, to, because };
}

/** Whether it is a change of the outermost state, which is what is shown. */
export function isShown({ from, to }: Pick<StateChange, 'from' | 'to'>): boolean {
  return from === null || outerState(from) !== outerState(to);
}

/** The reason of the last transition, where the context has a history of them. */
function reasonIn(snapshot: object): string | null {
  const context = 'context' in snapshot ? snapshot.context : null;
  const history = isObject(context) && 'transitions' in context ? context.transitions : null;
  const last: unknown = Array.isArray(history) ? history.at(-1) : null;
  return isObject(last) && 'reason' in last && typeof last.reason === 'string' ? last.reason : null;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** `after backoff` of the event by which XState says that. */
function wordOf(type: string): string {
  return type
    .replace(/^xstate\.after\.(\w+)\..*$/, 'after $1')
    .replace(/^xstate\.(done|error)\.actor\..*$/, 'child $1')
    .replace(/^xstate\.init$/, 'started');
}
