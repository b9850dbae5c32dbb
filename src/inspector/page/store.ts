import { HubView } from '../hub-view.ts';
import type { InstanceViewRow, PageMessage } from '../messages.ts';

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
    if (message.type === 'frames') return;
    if (message.type === 'left') this.hubs.delete(message.hub);
    else this.#hub(message).take(message);
    this.#listener();
  }

  /** A hub that says who it is begins anew. */
  #hub({ hub: id, type }: PageMessage): HubView {
    const known = this.hubs.get(id);
    if (known !== undefined && type !== 'hub') return known;
    const fresh = new HubView(id);
    this.hubs.set(id, fresh);
    return fresh;
  }
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
    .filter((row) => state === '' || row.state === state)
    .filter(({ name, path, id }) => `${name}\n${path}\n${id}`.toLowerCase().includes(wanted))
    .sort(
      (a, b) =>
        ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
        compare(a.name, b.name) ||
        compare(a.id, b.id),
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
