import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { arrowsOf } from '../../src/drawing/chart.ts';

/** The transitions of a chart as a Markdown table: what stands in ARCHITECTURE.md, made from the machine itself. */
export function stateTable(machine: AnyStateMachine): string {
  const rows = arrowsOf(machine).map(
    ({ from, event, guard, to }) => `| ${nameOf(from)} | ${event} | ${guard} | ${nameOf(to)} |`,
  );
  return ['| in | on | if | goes to |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** A state as the table names it; `·` for staying where one is. */
export function nameOf(node: AnyStateNode | null): string {
  return node === null ? '·' : node.path.join('.') || '(any)';
}
