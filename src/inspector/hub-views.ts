import { basename } from 'node:path';
import * as z from 'zod';
import { parseJson } from '../wire/json.ts';
import { HubView } from './hub-view.ts';
import { Hubs } from './hubs.ts';
import { type HubFacts, hubMessageSchema } from './messages.ts';

/** The messages that views use. Others are for pages. */
const HEARD = z.looseObject({ type: z.enum(['hub', 'actors', 'ended', 'refusals', 'complete']) });

/** A hub without a complete view. */
export interface UnseenHub {
  readonly pid: number;
  /** Null if it hasn't identified itself. */
  readonly facts: HubFacts | null;
  /** `silent`: it hasn't sent everything in time. `strange`: it doesn't use this version's protocol. */
  readonly because: 'silent' | 'strange';
}

interface Seen {
  readonly view: HubView;
  isStrange: boolean;
}

/** A complete view. */
export type CompleteView = HubView & { readonly facts: HubFacts };

/** The views of all running hubs of this user, kept up to date until closed. Removes no sockets. */
export class HubViews {
  readonly #seen = new Map<string, Seen>();
  readonly #hubs: Hubs;
  readonly #onChange: () => void;
  /** Also called after every change while {@link open} waits. */
  #onStep = () => {};

  /** `directories` contain the hubs' sockets. `onChange` is called after every change of the views. */
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

  /** Resolves when all hubs that run now have sent everything, after at most `limit` milliseconds. */
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

  /** The views of hubs that have sent everything. */
  get complete(): CompleteView[] {
    return [...this.#seen.values()].flatMap(({ view, isStrange }) =>
      !isStrange && isComplete(view) ? view : [],
    );
  }

  /** The other hubs. */
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
    // After the first message, other types are ignored: they are for pages.
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
