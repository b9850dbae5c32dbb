import {
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
  getInitialSnapshot,
  getNextSnapshot,
  setup,
} from 'xstate';
import { getAdjacencyMap, getShortestPaths } from 'xstate/graph';
import { pathOf } from '../../src/views/state-path.ts';
import { ChartCoverage } from './chart-coverage.ts';
import { SteppingClock } from './stepping-clock.ts';

export interface PathOptions {
  /** The ways to begin: the chart's input, and the events before the path. */
  readonly starts: readonly {
    readonly input: object;
    readonly before?: readonly AnyEventObject[];
  }[];
  /** The events that can happen in a state of the chart. */
  events(state: { readonly value: unknown; readonly context: unknown }): readonly AnyEventObject[];
  /** The parts of a context that make a difference. */
  abstract(context: unknown): unknown;
}

/** One step: the event, and the resulting state. */
export interface Step {
  readonly event: AnyEventObject;
  readonly value: string | null;
}

export type Path = readonly Step[];

/** A path, and the number of its start. */
export interface Route {
  readonly start: number;
  readonly path: Path;
}

interface Candidate extends Route {
  readonly taken: ReadonlySet<string>;
}

/**
 * A small set of short paths that together take every transition of a chart that `events` can cause: the shortest path to each
 * state plus one event, without redundant paths.
 */
export function coveringPaths(machine: AnyStateMachine, options: PathOptions): Route[] {
  const candidates = options.starts.flatMap((_, start) => candidatesFrom(machine, options, start));
  return cover(candidates.sort((a, b) => a.path.length - b.path.length));
}

function candidatesFrom(
  machine: AnyStateMachine,
  { events, abstract, starts }: PathOptions,
  start: number,
): Candidate[] {
  const { input = {}, before = [] } = starts[start] ?? {};
  const traversal = {
    fromState: before.reduce(
      (state, event) => getNextSnapshot(machine, state, event),
      getInitialSnapshot(machine, input),
    ),
    events,
    limit: 20_000,
    serializeState: ({ value, context }: { readonly value: unknown; readonly context: unknown }) =>
      JSON.stringify([value, abstract(context)]),
  };
  const adjacency = new Map(Object.entries(getAdjacencyMap(machine, traversal)));
  const candidates: Candidate[] = [];
  for (const { state, steps } of getShortestPaths(machine, traversal)) {
    const way = steps.map(({ event }) => event).filter(({ type }) => type !== 'xstate.init');
    const { transitions = {} } = adjacency.get(traversal.serializeState(state)) ?? {};
    for (const { event } of Object.values<{ event: AnyEventObject }>(transitions)) {
      candidates.push({ start, ...walk(machine, input, before, [...way, event]) });
    }
  }
  return candidates;
}

/** Runs the chart alone to see which transitions a path takes. */
function walk(
  machine: AnyStateMachine,
  input: object,
  before: readonly AnyEventObject[],
  events: readonly AnyEventObject[],
): Omit<Candidate, 'start'> {
  const coverage = new ChartCoverage([machine]);
  const parent = setup({ actors: { chart: machine } }).createMachine({
    invoke: { src: 'chart', id: 'chart', input },
    on: { '*': {} },
  });
  const root = createActor(parent, { clock: new SteppingClock() });
  coverage.watch(root);
  const child = root.start().getSnapshot().children['chart'];
  if (child === undefined) throw new Error('not started');
  for (const event of before) child.send(event);
  const path = events.map((event) => {
    child.send(event);
    return { event, value: pathOf(child.getSnapshot().value) };
  });
  root.stop();
  return { path, taken: coverage.taken(machine.id) };
}

/** Repeatedly picks the candidate that adds most, until none adds anything. Of equals, picks the first. */
function cover(candidates: readonly Candidate[]): Route[] {
  const covered = new Set<string>();
  const chosen: Route[] = [];
  for (;;) {
    let best: Candidate | null = null;
    let most = 0;
    for (const candidate of candidates) {
      const added = [...candidate.taken].filter((key) => !covered.has(key)).length;
      if (added <= most) continue;
      best = candidate;
      most = added;
    }
    if (best === null) return chosen;
    chosen.push({ start: best.start, path: best.path });
    for (const key of best.taken) covered.add(key);
  }
}
