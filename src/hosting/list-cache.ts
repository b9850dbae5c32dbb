import type { Outcome } from './message.ts';

/** List requests, each with the capability under which a server says that it announces changes. */
const CAPABILITY_OF: ReadonlyMap<string, string> = new Map([
  ['tools/list', 'tools'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resources'],
  ['prompts/list', 'prompts'],
]);

/** Maximum number of cached pages. */
const MOST = 1_000;

/** Whether a request is for a list. */
export function isListRequest(method: string): boolean {
  return CAPABILITY_OF.has(method);
}

/** The notification that a list has changed. */
export function changeOf(method: string): string {
  return notificationOf(CAPABILITY_OF.get(method) ?? '');
}

function notificationOf(capability: string): string {
  return `notifications/${capability}/list_changed`;
}

interface Page {
  readonly capability: string;
  readonly outcome: Promise<Outcome>;
}

/** Caches the pages of a server's lists until it announces a change. */
export class ListCache {
  readonly #pages = new Map<string, Page>();

  /** Whether a server with these `capabilities` announces changes of the list. */
  static isAnnounced(method: string, capabilities: unknown): boolean {
    const capability = CAPABILITY_OF.get(method);
    const declared = new Map(Object.entries(Object(capabilities))).get(capability ?? '');
    return Object(declared).listChanged === true;
  }

  /** The page for `params`, a JSON text. Requested at most once. Errors are not cached. */
  get(method: string, params: string, ask: () => Promise<Outcome>): Promise<Outcome> {
    const key = `${method} ${params}`;
    const known = this.#pages.get(key);
    if (known !== undefined) return known.outcome;
    const outcome = ask();
    if (this.#pages.size >= MOST) return outcome;
    const page = { capability: CAPABILITY_OF.get(method) ?? '', outcome };
    this.#pages.set(key, page);
    void outcome.then(({ isError }) => {
      if (isError && this.#pages.get(key) === page) this.#pages.delete(key);
    });
    return outcome;
  }

  /** Drops the pages that a notification says have changed. False if it is another notification. */
  forget(notification: string): boolean {
    const isMeant = (capability: string) => notificationOf(capability) === notification;
    if (![...CAPABILITY_OF.values()].some(isMeant)) return false;
    for (const [key, page] of this.#pages) {
      if (isMeant(page.capability)) this.#pages.delete(key);
    }
    return true;
  }

  /** Drops all pages. Returns the notifications that announce this. */
  clear(): readonly string[] {
    const capabilities = new Set([...this.#pages.values()].map(({ capability }) => capability));
    this.#pages.clear();
    return [...capabilities].map(notificationOf);
  }
}
