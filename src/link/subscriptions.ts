import { objectOf, parseJson } from '../wire/json.ts';

/** The resources to which the agent has subscribed. A link subscribes to them again whenever it opens a session. */
export class Subscriptions {
  readonly #params = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#params.size === 0;
  }

  /** Updates the subscriptions if the agent's request is about them. */
  note(method: string, frame: string): void {
    if (method !== 'resources/subscribe' && method !== 'resources/unsubscribe') return;
    const params = objectOf(objectOf(parseJson(frame))['params']);
    const { uri } = params;
    if (typeof uri !== 'string') return;
    if (method === 'resources/subscribe') this.#params.set(uri, JSON.stringify(params));
    else this.#params.delete(uri);
  }

  /** Adds the subscriptions of another link. */
  adopt(others: Subscriptions): void {
    for (const [uri, params] of others.#params) this.#params.set(uri, params);
  }

  /** The `params` of each subscription request, as JSON text. */
  params(): Iterable<string> {
    return this.#params.values();
  }
}
