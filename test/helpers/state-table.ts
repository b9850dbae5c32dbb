import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { arrowsOf } from '../../src/drawing/chart.ts';

/** Renders the transitions of a chart as the Markdown table in ARCHITECTURE.md. */
export function stateTable(machine: AnyStateMachine): string {
  const rows = arrowsOf(machine).map(
    ({ from, event, guard, to }) => `| ${nameOf(from)} | ${event} | ${guard} | ${nameOf(to)} |`,
  );
  return ['| in | on | if | goes to |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The name of a state in the table. `·` means that the state doesn't change. */
export function nameOf(node: AnyStateNode | null): string {
  return node === null ? '·' : node.path.join('.') || '(any)';
}
