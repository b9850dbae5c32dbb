import {
  type AnyActor,
  type AnyStateMachine,
  assign,
  createActor,
  type EventObject,
  fromPromise,
  fromTransition,
  type MachineImplementationsFrom,
} from 'xstate';
import { bindingMachine } from '../../machines/binding.ts';
import { hubMachine } from '../../machines/hub.ts';
import { instanceMachine } from '../../machines/instance.ts';
import { UNREAD_WORLD } from '../../machines/instance-facts.ts';
import type { World } from '../../machines/model.ts';
import { sessionMachine } from '../../machines/session.ts';
import { changeOf, type StateChange } from '../views/step.ts';
import type { LineOfActor } from './format.ts';

/** One change of an actor's state. */
export interface Step extends StateChange {
  /** Milliseconds since the epoch, as recorded. */
  readonly at: number;
  readonly actor: string;
}

/** Time stands still: timers that fired are among the recorded events. */
const stillClock = { setTimeout: () => 0, clearTimeout: () => {} };

/** Replaces a child actor, whose events are among the recorded ones. */
const stub = fromTransition(
  (state: object) => state,
  ({ input }: { input: object }) => input,
);

const nothing = () => {};

type Kind = 'actors' | 'actions' | 'guards';

type Implementations = Parameters<AnyStateMachine['provide']>[0];

/** What stands for parts of a chart, by their names: a name that the chart doesn't have is a compile error. */
type Replacements<Machine extends AnyStateMachine> = {
  [K in Kind]?: {
    [Name in keyof NonNullable<MachineImplementationsFrom<Machine>[K]>]?: NonNullable<
      Implementations[K]
    >[string];
  };
};

function replaced<Machine extends AnyStateMachine>(
  machine: Machine,
  parts: Replacements<Machine>,
): AnyStateMachine {
  const untyped: AnyStateMachine = machine;
  return untyped.provide(parts);
}

const replayedSession = () =>
  replaced(sessionMachine, { actors: { binding: stub }, actions: { report: nothing } });

const replayedBinding = () =>
  replaced(bindingMachine, { actors: { link: stub }, actions: { report: nothing } });

/** One actor of a recording, replayed from its start with the current chart. */
export class ReplayedActor {
  readonly #name: string;
  readonly #machine: AnyStateMachine;
  readonly #worlds: World[] = [];
  readonly #clocks: number[] = [];
  readonly #gone: boolean[] = [];
  readonly #states: string[] = [];
  #crashed = false;
  #cut = false;
  /** Number of events still to be replayed. */
  #eventsLeft = 0;
  #actor: AnyActor | null = null;
  #state: string | null = null;
  #difference: string | null = null;

  private constructor(name: string, machineFor: (actor: ReplayedActor) => AnyStateMachine) {
    this.#name = name;
    this.#machine = machineFor(this);
  }

  /** The actor with this name; null if it has no chart. */
  static of(name: string): ReplayedActor | null {
    if (name === 'hub') return new ReplayedActor(name, (actor) => actor.#hub());
    switch (true) {
      case /^instance:[^/]*$/.test(name):
        return new ReplayedActor(name, (actor) => actor.#instance());
      case /^session:[^/]*$/.test(name):
        return new ReplayedActor(name, replayedSession);
      case /^session:[^/]*\/binding:[^/]*$/.test(name):
        return new ReplayedActor(name, replayedBinding);
      default:
        return null;
    }
  }

  /** Notes a value that it read or a state that it reached. All lines must be noted before the first event is replayed. */
  note(line: LineOfActor): void {
    if ('world' in line) this.#worlds.push(line.world);
    else if ('clock' in line) this.#clocks.push(line.clock);
    else if ('processGone' in line) this.#gone.push(line.processGone);
    else if ('state' in line) this.#states.push(line.state);
    else this.#eventsLeft += 1;
  }

  /** Notes that its chart threw an error after its last recorded state. */
  noteCrash(): void {
    this.#crashed = true;
  }

  /** Notes that the recording ends before the hub stopped, so the result of the last event may be missing. */
  noteCut(): void {
    this.#cut = true;
  }

  /** Sends a recorded event. Returns the change of its state, or null. */
  take(event: EventObject & { input?: unknown }, at: number): Step | null {
    this.#eventsLeft -= 1;
    if (this.#states.length === 0 && (this.#crashed || (this.#cut && this.#eventsLeft === 0)))
      return null;
    if (event.type === 'xstate.init') {
      const { input } = event;
      this.#actor = createActor(this.#machine, { input, clock: stillClock });
      this.#actor.subscribe({
        error: (error) => this.#differs(`its chart threw an error: ${error}`),
      });
      this.#actor.start();
    } else {
      this.#actor?.send(event);
    }
    const change = changeOf(this.#state, this.#actor?.getSnapshot() ?? {}, event);
    if (change === null) return null;
    const { to } = change;
    this.#state = to;
    const recorded = this.#states.shift();
    if (recorded !== to) {
      const then = recorded === undefined ? 'no change' : recorded;
      this.#differs(
        `${event.type} at ${new Date(at).toISOString()} leads to ${to}; recorded: ${then}`,
      );
    }
    return { at, actor: this.#name, ...change };
  }

  /** The first difference from the recording, or null. */
  difference(): string | null {
    const [missing] = this.#states;
    if (missing !== undefined) this.#differs(`no longer reaches ${missing}, as recorded`);
    return this.#difference;
  }

  #differs(what: string): void {
    this.#difference ??= `${this.#name}: ${what}`;
  }

  /** The next recorded value. If the actor reads more values than recorded, notes a difference and repeats the last one. */
  #next<T>(values: T[], last: { value: T }): T {
    const value = values.shift();
    if (value === undefined) this.#differs('reads more values than recorded');
    else last.value = value;
    return last.value;
  }

  #hub(): AnyStateMachine {
    const last = { value: 0 };
    return replaced(hubMachine, {
      actors: {
        instances: stub,
        session: stub,
        closeAll: fromPromise(() => new Promise(nothing)),
      },
      actions: { readClock: assign({ now: () => this.#next(this.#clocks, last) }) },
    });
  }

  #instance(): AnyStateMachine {
    const last = { value: UNREAD_WORLD };
    return replaced(instanceMachine, {
      actors: { connection: stub },
      actions: {
        readWorld: assign({ world: () => this.#next(this.#worlds, last) }),
        deleteStaleFile: nothing,
        reportTransition: nothing,
        reportCatalogue: nothing,
        requestSlot: nothing,
      },
      guards: { processGone: () => this.#next(this.#gone, { value: false }) },
    });
  }
}
