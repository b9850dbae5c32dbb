import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** One transition as people read it. */
export interface Arrow {
  readonly from: AnyStateNode;
  /** Null: it stays where it is. */
  readonly to: AnyStateNode | null;
  /** `after DELAY` for a timer, `at once` for an eventless one, `ACTOR done` and `ACTOR failed` for an invoked actor. */
  readonly event: string;
  /** Empty when there is none. */
  readonly guard: string;
  readonly definition: AnyTransitionDefinition;
}

/** A node of a chart and all below it, parents first. */
export function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

/** The declared transitions of a chart, in the order in which they are tried. */
export function arrowsOf(machine: AnyStateMachine): Arrow[] {
  return nodesOf(machine.root).flatMap((from) =>
    [...from.transitions.values(), from.always ?? []].flat().map((definition) => ({
      from,
      to: definition.target?.[0] ?? null,
      event: eventOf(definition.eventType, from),
      guard: guardName(definition.guard),
      definition,
    })),
  );
}

function eventOf(type: string, { invoke }: AnyStateNode): string {
  const [, delay] = /^xstate\.after\.([A-Za-z]+)\./.exec(type) ?? [];
  if (delay !== undefined) return `after ${delay}`;
  const [, outcome, actor] = /^xstate\.(done|error)\.actor\.(.*)$/.exec(type) ?? [];
  if (outcome !== undefined) {
    const name = invoke.find(({ id }) => id === actor)?.src ?? 'child';
    return `${typeof name === 'string' ? name : 'child'} ${outcome === 'done' ? 'done' : 'failed'}`;
  }
  return type === '' ? 'at once' : type;
}

/** The name of a guard, made of the names of its parts; empty when it has none. */
export function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function' && 'guards' in guard && Array.isArray(guard.guards)) {
    const names = guard.guards.map(guardName);
    return names.length === 1 ? `not ${names[0]}` : names.join(' and ');
  }
  return '';
}

/** `active.idle`, as snapshots have it; the machine's id for the root. */
export function pathTo(node: AnyStateNode): string {
  return node.path.join('.') || node.machine.id;
}

export function isWithin(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  return node.parent !== undefined && (node.parent === ancestor || isWithin(node.parent, ancestor));
}

export function isCompound(node: AnyStateNode): boolean {
  return Object.keys(node.states).length > 0;
}

/** The state without any inside in which `node` begins. */
export function leafOf(node: AnyStateNode): AnyStateNode {
  const first = node.initial?.target?.[0] ?? Object.values(node.states)[0];
  return first === undefined ? node : leafOf(first);
}
