import type { Refusal } from '../../../machines/model.ts';
import type { ActorRow, HubFacts, InstanceViewRow, PageMessage, Step } from '../messages.ts';

/** Maximum number of steps kept per hub. */
const MAX_STEPS = 2_000;

/** A hub as the page knows it. */
export interface HubView {
  readonly id: string;
  facts: HubFacts | null;
  readonly actors: Map<string, ActorRow>;
  /** Oldest first. */
  steps: readonly Step[];
  refusals: readonly Refusal[];
}

/** The state of the page. Unchanged rows stay the same objects. */
export class Store {
  readonly hubs = new Map<string, HubView>();
  /** Whether the server is connected. */
  connected = false;
  #listener: () => void = () => {};

  /** `listener` is called after every change. */
  subscribe(listener: () => void): void {
    this.#listener = listener;
  }

  /** The server is connected and is about to send everything. */
  opened(): void {
    this.connected = true;
    this.hubs.clear();
    this.#listener();
  }

  lost(): void {
    this.connected = false;
    this.#listener();
  }

  take(message: PageMessage): void {
    const hub = this.#hub(message.hub);
    switch (message.type) {
      case 'hub':
        this.hubs.set(hub.id, { ...emptyHub(hub.id), facts: message.facts });
        break;
      case 'actors':
        for (const row of message.actors) hub.actors.set(row.actor, row);
        break;
      case 'ended':
        for (const actor of message.actors) hub.actors.delete(actor);
        break;
      case 'steps':
        hub.steps = [...hub.steps, ...message.steps].slice(-MAX_STEPS);
        break;
      case 'refusals':
        hub.refusals = message.refusals;
        break;
      case 'left':
        this.hubs.delete(hub.id);
        break;
      case 'frames':
        return;
    }
    this.#listener();
  }

  #hub(id: string): HubView {
    const known = this.hubs.get(id);
    if (known !== undefined) return known;
    const fresh = emptyHub(id);
    this.hubs.set(id, fresh);
    return fresh;
  }
}

function emptyHub(id: string): HubView {
  return { id, facts: null, actors: new Map(), steps: [], refusals: [] };
}

/** A filter for the list of instances. */
export interface Filter {
  /** Part of a name, path or id. */
  readonly text: string;
  /** A state, or empty for all. */
  readonly state: string;
}

/** States in display order: those that need attention come first. */
const ORDER = ['dead', 'retrying', 'connecting', 'discovered', 'active', 'removed'];

/** The instances of a hub that match a filter, ordered by state, then by name. */
export function instancesOf(hub: HubView, { text, state }: Filter): InstanceViewRow[] {
  const wanted = text.trim().toLowerCase();
  return [...hub.actors.values()]
    .filter((row) => row.chart === 'instance')
    .filter((row) => state === '' || row.shown === state)
    .filter(({ name, path, id }) => `${name}\n${path}\n${id}`.toLowerCase().includes(wanted))
    .sort(
      (a, b) =>
        ORDER.indexOf(a.shown) - ORDER.indexOf(b.shown) ||
        compare(a.name, b.name) ||
        compare(a.id, b.id),
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
