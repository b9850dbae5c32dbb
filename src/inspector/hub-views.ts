import { basename } from 'node:path';
import * as z from 'zod';
import { parseJson } from '../wire/json.ts';
import { HubView } from './hub-view.ts';
import { Hubs } from './hubs.ts';
import { type HubFacts, hubMessageSchema } from './messages.ts';

/** Of these a view is made; the rest is for pages. */
const HEARD = z.looseObject({ type: z.enum(['hub', 'actors', 'ended', 'refusals', 'complete']) });

/** A hub whose view can't be shown. */
export interface UnseenHub {
  readonly pid: number;
  /** Null if it didn't even say who it is. */
  readonly facts: HubFacts | null;
  /** `silent`: it has not said everything in time. `strange`: it doesn't speak as a hub of this version does. */
  readonly because: 'silent' | 'strange';
}

interface Seen {
  readonly view: HubView;
  isStrange: boolean;
}

/** A view with all that its hub sees. */
export type CompleteView = HubView & { readonly facts: HubFacts };

/** What all running hubs of this user see, kept up to date until it is closed. Removes no sockets. */
export class HubViews {
  readonly #seen = new Map<string, Seen>();
  readonly #hubs: Hubs;
  readonly #onChange: () => void;
  /** Called after every change as well, while {@link open} waits. */
  #onStep = () => {};

  /** `directories`: where hubs offer their sockets. `onChange` is called whenever something else is to be seen. */
  constructor(directories: readonly string[], onChange: () => void) {
    this.#onChange = onChange;
    this.#hubs = new Hubs(directories, {
      onFound: (key) => this.#seen.set(key, { view: new HubView(key), isStrange: false }),
      onLine: (key, line) => this.#take(key, line),
      onLeft: (key) => {
        if (this.#seen.delete(key)) this.#changed();
      },
    });
  }

  /** Resolves when every hub that runs now has shown everything, after `limit` milliseconds at most. */
  open(limit: number): Promise<void> {
    return new Promise((resolve) => {
      let hasLooked = false;
      const end = () => {
        clearTimeout(timer);
        this.#onStep = () => {};
        resolve();
      };
      const timer = setTimeout(end, limit);
      this.#onStep = () => {
        if (hasLooked && this.unseen.every(({ because }) => because === 'strange')) end();
      };
      void this.#hubs.look().then(() => {
        hasLooked = true;
        this.#onStep();
      });
    });
  }

  /** Those that have shown everything. */
  get complete(): CompleteView[] {
    return [...this.#seen.values()].flatMap(({ view, isStrange }) =>
      !isStrange && isComplete(view) ? view : [],
    );
  }

  /** The others. */
  get unseen(): UnseenHub[] {
    return [...this.#seen].flatMap(([key, { view, isStrange }]) => {
      if (isComplete(view) && !isStrange) return [];
      const pid = Number.parseInt(basename(key), 10);
      return { pid, facts: view.facts, because: isStrange ? 'strange' : 'silent' };
    });
  }

  close(): void {
    this.#hubs.close();
  }

  #take(key: string, line: string): void {
    const seen = this.#seen.get(key);
    if (seen === undefined || seen.isStrange) return;
    const { data: heard } = HEARD.safeParse(parseJson(line));
    const { data: message } = hubMessageSchema.safeParse(heard);
    if (message !== undefined) seen.view.take(message);
    // Whatever comes after the first message and is not heard is for others.
    else if (heard !== undefined || seen.view.facts === null) seen.isStrange = true;
    else return;
    if (seen.view.facts === null) seen.isStrange = true;
    if (seen.isStrange || seen.view.isComplete) this.#changed();
  }

  #changed(): void {
    this.#onStep();
    this.#onChange();
  }
}

function isComplete(view: HubView): view is CompleteView {
  return view.isComplete && view.facts !== null;
}
