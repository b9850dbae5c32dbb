import type { InspectionEvent, Subscription } from 'xstate';
import type { Refusal } from '../../machines/model.ts';
import { pathTo } from '../drawing/chart.ts';
import { actorName } from '../views/actor-name.ts';
import { instanceContexts, sessionContexts } from '../views/selectors.ts';
import { changeOf, isShown } from '../views/step.ts';
import type { HubFacts, HubMessage, Step } from './messages.ts';
import { livingActors, type RowSource, rowsOf } from './rows.ts';

/** Milliseconds between two reports of changes. */
const TICK = 100;

/** Maximum number of rows or steps in a message. */
const PORTION = 200;

export interface WatchSource extends RowSource {
  readonly facts: HubFacts;
  refusals(): readonly Refusal[];
}

/** Watches a hub until {@link Watch.stop}, and reports changes a few times a second. */
export class Watch {
  readonly #source: WatchSource;
  readonly #tell: (message: HubMessage) => void;
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  /** The state of every running actor, by name, and the step that led there. */
  readonly #states = new Map<string, string>();
  readonly #last = new Map<string, Step>();
  readonly #dirty = new Set<string>();
  /** The transitions that actors have taken since their last snapshot, by session id. */
  readonly #taken = new Map<string, Step['arrows']>();
  /** The facts of an actor that change without an event. */
  readonly #quiet = new Map<string, string>();
  #steps: Step[] = [];
  #refusals: string;

  constructor(source: WatchSource, tell: (message: HubMessage) => void) {
    this.#source = source;
    this.#tell = tell;
    for (const { actor, value } of rowsOf(source, livingActors(source), this.#last)) {
      this.#states.set(actor, value);
    }
    this.#refusals = JSON.stringify(source.refusals());
    this.#subscription = source.actor.system.inspect((event) => this.#inspect(event));
    this.#timer = setInterval(() => this.flush(), TICK).unref();
  }

  /** Everything, for a new viewer. */
  *everything(): Generator<HubMessage> {
    const source = this.#source;
    yield { type: 'hub', facts: source.facts };
    yield { type: 'refusals', refusals: source.refusals() };
    yield* this.#rows(livingActors(source));
    yield { type: 'complete' };
    yield* portions(this.#remembered()).map((steps) => ({ type: 'steps' as const, steps }));
  }

  /** Reports what has changed since the last time. */
  flush(): void {
    const living = livingActors(this.#source);
    const alive = new Set(living);
    const ended = [...this.#states.keys()].filter((name) => !alive.has(name));
    for (const name of ended) this.#forget(name);
    if (ended.length > 0) this.#tell({ type: 'ended', actors: ended });

    for (const name of this.#changedQuietly(living)) this.#dirty.add(name);
    const changed = [...this.#dirty].filter((name) => alive.has(name));
    this.#dirty.clear();
    for (const message of this.#rows(changed)) this.#tell(message);

    for (const steps of portions(this.#steps)) this.#tell({ type: 'steps', steps });
    this.#steps = [];

    const refusals = this.#source.refusals();
    const text = JSON.stringify(refusals);
    if (text !== this.#refusals) this.#tell({ type: 'refusals', refusals });
    this.#refusals = text;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#subscription.unsubscribe();
  }

  #inspect(inspected: InspectionEvent): void {
    if (inspected.type === '@xstate.microstep') {
      const { sessionId } = inspected.actorRef;
      const taken = this.#taken.get(sessionId) ?? [];
      this.#taken.set(sessionId, [...taken, ...arrowsIn(inspected)]);
      return;
    }
    if (inspected.type !== '@xstate.snapshot' || !('value' in inspected.snapshot)) return;
    const { snapshot, event } = inspected;
    const actor = actorName(inspected.actorRef);
    const arrows = this.#taken.get(inspected.actorRef.sessionId) ?? [];
    this.#taken.delete(inspected.actorRef.sessionId);
    this.#dirty.add(actor);
    const change = changeOf(this.#states.get(actor) ?? null, snapshot, event);
    if (change === null) return;
    const step = { actor, at: new Date().toISOString(), ...change, arrows };
    this.#states.set(actor, change.to);
    this.#last.set(actor, step);
    if (isShown(change)) this.#steps.push(step);
  }

  #rows(names: readonly string[]): HubMessage[] {
    const rows = rowsOf(this.#source, names, this.#last);
    return portions(rows).map((actors) => ({ type: 'actors', actors }));
  }

  /** Traffic and sessions of an instance, and an agent's name. */
  #changedQuietly(living: readonly string[]): string[] {
    const { actor, agentOf } = this.#source;
    const sessions = new Map<string, number>();
    for (const { home } of sessionContexts(actor.getSnapshot())) {
      if (home !== null) sessions.set(home, (sessions.get(home) ?? 0) + 1);
    }
    return living.filter((name) => {
      const id = name.slice(name.indexOf(':') + 1);
      const facts = name.startsWith('session:')
        ? `${agentOf(id)}`
        : `${this.#trafficFacts(id)} ${sessions.get(id) ?? 0}`;
      if (this.#quiet.get(name) === facts) return false;
      this.#quiet.set(name, facts);
      return true;
    });
  }

  /** Activity alone changes this at most once a second, the precision that viewers see. */
  #trafficFacts(id: string): string {
    const { callsInFlight, lastActivity } = this.#source.trafficOf(id);
    return `${callsInFlight} ${Math.floor((lastActivity ?? 0) / 1_000)}`;
  }

  /** The history that the instances remember, oldest first. */
  #remembered(): Step[] {
    return instanceContexts(this.#source.actor.getSnapshot())
      .flatMap(({ registration: { id }, transitions }) =>
        transitions.map(({ from, to, at, reason }) => ({
          actor: `instance:${id}`,
          at: new Date(at).toISOString(),
          from,
          to,
          because: reason,
          arrows: [],
        })),
      )
      .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  #forget(name: string): void {
    for (const map of [this.#states, this.#last, this.#quiet]) map.delete(name);
  }
}

/** The transitions of a microstep that have a target. */
function arrowsIn({ _transitions }: Extract<InspectionEvent, { type: '@xstate.microstep' }>) {
  return _transitions.flatMap(({ source, target = [] }) =>
    target.map((node) => [pathTo(source), pathTo(node)] as const),
  );
}

function portions<T>(all: readonly T[]): (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / PORTION) }, (_, n) =>
    all.slice(n * PORTION, (n + 1) * PORTION),
  );
}
