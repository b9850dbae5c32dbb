import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** The transitions of a chart as a Markdown table: what stands in ARCHITECTURE.md, made from the machine itself. */
export function stateTable(machine: AnyStateMachine): string {
  const rows = nodesOf(machine.root).flatMap((node) =>
    [...node.transitions.values(), node.always ?? []].flat().map((transition) => {
      const { eventType, target, guard } = transition;
      const to = (target ?? []).map(nameOf).join(' ') || '·';
      return `| ${nameOf(node)} | ${eventOf(eventType)} | ${guardOf(guard)} | ${to} |`;
    }),
  );
  return ['| in | on | if | goes to |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** A node and all below it. */
export function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

/** A state as the table names it. */
export function nameOf({ path }: AnyStateNode): string {
  return path.join('.') || '(any)';
}

/** An event as the table names it. */
export function eventOf(type: string): string {
  const [, delay] = /^xstate\.after\.([A-Za-z]+)\./.exec(type) ?? [];
  if (delay !== undefined) return `after ${delay}`;
  if (type === '') return '(at once)';
  return type.replace(/\d+\.hub\.stopping/, 'closeAll');
}

/** A guard as the table names it; empty when there is none. */
export function guardOf(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function' && 'guards' in guard && Array.isArray(guard.guards)) {
    const names = guard.guards.map(guardOf);
    return names.length === 1 ? `not ${names[0]}` : names.join(' and ');
  }
  return '';
}
