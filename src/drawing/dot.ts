import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { type Arrow, arrowsOf, isCompound, isWithin, leafOf, pathTo } from './chart.ts';

/** A guard that says only that an event isn't out of date: on half of the arrows, and of no interest. */
const QUIET = 'isCurrent';

/** Characters of an event and its guard that stand on one line. */
const LINE = 20;

/** One for each pair of states. */
interface Connection extends Pick<Arrow, 'from'> {
  readonly to: AnyStateNode;
  readonly labels: Set<string>;
}

/**
 * A chart as Graphviz draws it best. Ids say what things are: `s.active.idle` for a state, `t.active.to.failed` for an
 * arrow. Transitions that stay where they are aren't drawn.
 *
 * @see https://graphviz.org/doc/info/attrs.html
 */
export function dot(machine: AnyStateMachine): string {
  const connections = connectionsOf(machine);
  // An arrow from a state to one inside of it has no place to start: it gets a stand-in for all that are inside.
  const shared = new Set(
    connections.filter(({ from, to }) => isWithin(to, from)).map(({ from }) => from),
  );
  const font = 'Arial';
  return [
    `digraph ${quote(machine.id)} {`,
    `  graph ${list({ compound: true, newrank: true, splines: true, fontname: font, fontsize: 13, nodesep: 0.3, ranksep: 0.36, pad: 0.1, bgcolor: 'transparent' })}`,
    `  node ${list({ shape: 'box', style: 'rounded', fontname: font, fontsize: 13, height: 0.36, margin: '0.14,0.06' })}`,
    `  edge ${list({ fontname: font, fontsize: 11, arrowsize: 0.6 })}`,
    ...statesOf(machine.root, shared).map((line) => `  ${line}`),
    ...connections.map((each) => `  ${arrow(each)}`),
    '}',
    '',
  ].join('\n');
}

function connectionsOf(machine: AnyStateMachine): Connection[] {
  const connections = new Map<string, Connection>();
  for (const { from, to, event, guard } of arrowsOf(machine)) {
    if (to === null) continue;
    const key = `${pathTo(from)} ${pathTo(to)}`;
    const connection = connections.get(key) ?? { from, to, labels: new Set() };
    connection.labels.add(label(event, guard === QUIET ? '' : guard));
    connections.set(key, connection);
  }
  return [...connections.values()];
}

/** A guard stands on the line of its event while both are short. */
function label(event: string, guard: string): string {
  if (guard === '') return event;
  const whole = `[${guard}]`;
  const words = whole.length > LINE ? whole.replace(' and ', '\nand ') : whole;
  if (event === 'at once') return words;
  return `${event}${event.length + words.length > LINE ? '\n' : ' '}${words}`;
}

function arrow({ from, to, labels }: Connection): string {
  const isInside = isWithin(to, from);
  const isOwn = from === to;
  const tail = isInside ? standIn(from) : idOf(leafOf(from));
  return `${quote(tail)} -> ${quote(idOf(leafOf(to)))} ${list({
    id: `t.${pathTo(from)}.to.${pathTo(to)}`,
    class: 'arrow',
    label: [...labels].join('\n'),
    ...(!isInside && !isOwn && isCompound(from) ? { ltail: cluster(from) } : {}),
    ...(!isWithin(from, to) && !isInside && !isOwn && isCompound(to) ? { lhead: cluster(to) } : {}),
  })}`;
}

/** The states inside `parent`, each with what is inside of it, and where that begins. */
function statesOf(parent: AnyStateNode, shared: ReadonlySet<AnyStateNode>): string[] {
  const lines = Object.values(parent.states).flatMap((node) => {
    const facts = { id: idOf(node), label: node.key };
    if (!isCompound(node)) {
      const peripheries = node.type === 'final' ? { peripheries: 2 } : {};
      return [
        `${quote(facts.id)} ${list({ ...facts, class: `state ${node.type}`, ...peripheries })}`,
      ];
    }
    const look = {
      ...facts,
      class: 'state compound',
      labeljust: 'l',
      style: 'rounded',
      margin: 10,
    };
    return [
      `subgraph ${quote(cluster(node))} {`,
      `  graph ${list(look)}`,
      ...statesOf(node, shared).map((line) => `  ${line}`),
      '}',
    ];
  });
  const initial = parent.initial.target?.[0];
  if (initial !== undefined) {
    const start = quote(`start.${pathTo(parent)}`);
    const lhead = isCompound(initial) ? { lhead: cluster(initial) } : {};
    lines.push(
      `${start} ${list({ class: 'start', shape: 'point', width: 0.09, label: '' })}`,
      `${start} -> ${quote(idOf(leafOf(initial)))} ${list({ class: 'start', arrowsize: 0.5, ...lhead })}`,
    );
  }
  if (shared.has(parent)) {
    const name = parent.parent === undefined ? 'any state' : 'any of these';
    const look = { shape: 'plaintext', fontsize: 10, height: 0.2, margin: '0.04,0.02' };
    lines.push(`${quote(standIn(parent))} ${list({ class: 'any', label: name, ...look })}`);
  }
  return lines;
}

const idOf = (node: AnyStateNode) => `s.${pathTo(node)}`;
const cluster = (node: AnyStateNode) => `cluster.${pathTo(node)}`;
const standIn = (node: AnyStateNode) => `any.${pathTo(node)}`;

function list(attributes: Readonly<Record<string, string | number | boolean>>): string {
  const all = Object.entries(attributes).map(([key, value]) => `${key}=${quote(String(value))}`);
  return `[${all.join(' ')}]`;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
