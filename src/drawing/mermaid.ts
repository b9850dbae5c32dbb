import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { arrowsOf, isWithin } from './chart.ts';

/**
 * A chart as a Mermaid state diagram. Transitions between the same two states share one arrow; those that stay where
 * they are aren't drawn.
 *
 * @see https://mermaid.js.org/syntax/stateDiagram.html
 */
export function mermaid(machine: AnyStateMachine): string {
  const arrows = new Map<string, Set<string>>();
  const shared = new Set<AnyStateNode>();
  for (const { from, to, event, guard } of arrowsOf(machine)) {
    if (to === null) continue;
    // Mermaid can't draw an arrow from a state to one inside of it: it starts at a stand-in for all of them.
    const isInside = from !== to && isWithin(to, from);
    if (isInside) shared.add(from);
    const arrow = `${isInside ? standInOf(from) : idOf(from)} --> ${idOf(to)}`;
    const labels = arrows.get(arrow) ?? new Set();
    arrows.set(arrow, labels.add(textOf(guard === '' ? event : `${event} [${guard}]`)));
  }
  return [
    'stateDiagram-v2',
    ...statesOf(machine.root, shared).map((line) => `  ${line}`),
    ...Array.from(arrows, ([arrow, labels]) => `  ${arrow}: ${[...labels].join('<br/>')}`),
    '',
  ].join('\n');
}

/** The states inside `parent`, each with what is inside of it. */
function statesOf(parent: AnyStateNode, shared: ReadonlySet<AnyStateNode>): string[] {
  const children = Object.values(parent.states);
  const isParallel = parent.type === 'parallel';
  const lines = children.flatMap((node, index) => {
    const id = idOf(node);
    const inner = statesOf(node, shared);
    const name = `state "${textOf(node.key)}" as ${id}`;
    return [
      ...(isParallel && index > 0 ? ['--'] : []),
      ...(inner.length === 0 ? [name] : [`${name} {`, ...inner.map((line) => `  ${line}`), '}']),
      ...(node.type === 'final' ? [`${id} --> [*]`] : []),
    ];
  });
  const initial = isParallel ? [] : (parent.initial.target ?? []);
  return [
    ...initial.map((node) => `[*] --> ${idOf(node)}`),
    ...(shared.has(parent) ? [`state "any of these" as ${standInOf(parent)}`] : []),
    ...lines,
  ];
}

/** Letters, digits and `_` only; other characters as their code between `_`. */
function idOf(node: AnyStateNode): string {
  const path = [node.machine.id, ...node.path].join('.');
  return path.replace(/[^A-Za-z0-9.]/g, (each) => `_${each.codePointAt(0)}_`).replaceAll('.', '__');
}

function standInOf(node: AnyStateNode): string {
  return `${idOf(node)}__any`;
}

/** Text that Mermaid takes for nothing but text. */
function textOf(text: string): string {
  return text.replace(/[^A-Za-z0-9 .,_*[\]-]/g, (each) => `#${each.codePointAt(0)};`);
}
