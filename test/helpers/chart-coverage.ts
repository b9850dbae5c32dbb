import {
  type AnyActorRef,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  isMachineSnapshot,
} from 'xstate';
import { type Arrow, arrowsOf, nodesOf } from '../../src/drawing/chart.ts';
import { nameOf } from './state-table.ts';

/** The states and transitions that a chart declares, and those that were covered. */
interface Covered {
  readonly states: ReadonlySet<string>;
  readonly transitions: ReadonlyMap<string, string>;
  readonly entered: Set<string>;
  readonly taken: Set<string>;
}

/** Observes actor systems and records which declared states and transitions of some charts they went through. */
export class ChartCoverage {
  readonly #charts: ReadonlyMap<string, Covered>;

  constructor(machines: readonly AnyStateMachine[]) {
    this.#charts = new Map(
      machines.map((machine) => [
        machine.id,
        {
          states: new Set(
            nodesOf(machine.root)
              .filter(({ path }) => path.length > 0)
              .map(nameOf),
          ),
          transitions: new Map(
            arrowsOf(machine).map((arrow) => [keyOf(arrow.definition), describe(arrow)]),
          ),
          entered: new Set<string>(),
          taken: new Set<string>(),
        },
      ]),
    );
  }

  /** Observes `root` and its whole system from now on. */
  watch(root: AnyActorRef): void {
    this.#enter(root.getSnapshot());
    root.system.inspect((event) => {
      if (event.type === '@xstate.snapshot') this.#enter(event.snapshot);
      if (event.type !== '@xstate.microstep') return;
      this.#enter(event.snapshot);
      for (const transition of event._transitions) {
        this.#charts.get(transition.source.machine.id)?.taken.add(keyOf(transition));
      }
    });
  }

  /** All transitions of a chart taken so far, as keys. */
  taken(chart: string): ReadonlySet<string> {
    return this.#of(chart).taken;
  }

  /** `states 3/3, transitions 7/9` for one chart. */
  summary(chart: string): string {
    const { states, transitions, entered, taken } = this.#of(chart);
    return `${chart}: states ${entered.size}/${states.size}, transitions ${taken.size}/${transitions.size}`;
  }

  /** Describes the declared states never entered and the transitions never taken. */
  uncovered(chart: string): string[] {
    const { states, transitions, entered, taken } = this.#of(chart);
    return [
      ...[...states].filter((state) => !entered.has(state)),
      ...[...transitions].filter(([key]) => !taken.has(key)).map(([, words]) => words),
    ];
  }

  #of(chart: string): Covered {
    const covered = this.#charts.get(chart);
    if (covered === undefined) throw new Error(`no chart ${chart}`);
    return covered;
  }

  #enter(snapshot: unknown): void {
    if (!isMachineSnapshot(snapshot)) return;
    const entered = this.#charts.get(snapshot.machine.id)?.entered;
    for (const node of snapshot._nodes) if (node.path.length > 0) entered?.add(nameOf(node));
  }
}

/** Identifies a transition across copies of a machine: its source, its event, and its index among the transitions for it. */
function keyOf(transition: AnyTransitionDefinition): string {
  const { source, eventType } = transition;
  const rivals = eventType === '' ? source.always : source.transitions.get(eventType);
  return `${source.id} ${eventType} ${rivals?.indexOf(transition)}`;
}

/** Formats a transition: `dead.due: at once if expiryDue → dead.resting`. */
function describe({ from, event, guard, to }: Arrow): string {
  return `${nameOf(from)}: ${event}${guard === '' ? '' : ` if ${guard}`} → ${nameOf(to)}`;
}
