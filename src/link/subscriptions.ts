import { objectOf, parseJson } from '../wire/json.ts';

/** What the agent has subscribed to: set again when a link is opened anew. */
export class Subscriptions {
  readonly #params = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#params.size === 0;
  }

  /** Looks at a request of the agent. */
  note(method: string, frame: string): void {
    if (method !== 'resources/subscribe' && method !== 'resources/unsubscribe') return;
    const params = objectOf(objectOf(parseJson(frame))['params']);
    const { uri } = params;
    if (typeof uri !== 'string') return;
    if (method === 'resources/subscribe') this.#params.set(uri, JSON.stringify(params));
    else this.#params.delete(uri);
  }

  /** Takes over what was subscribed to elsewhere. */
  adopt(others: Subscriptions): void {
    for (const [uri, params] of others.#params) this.#params.set(uri, params);
  }

  /** `params` of each subscription as JSON text. */
  params(): Iterable<string> {
    return this.#params.values();
  }
}
