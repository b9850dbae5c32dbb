import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../machines/model.ts';
import { textAt } from '../wire/envelope.ts';
import { objectOf, parseJson } from '../wire/json.ts';
import type { RpcMessage } from '../wire/rpc-message.ts';
import { changeOf, isListRequest } from './list-cache.ts';
import { outcomeOf } from './message.ts';

/** Ids of the requests that read lists for comparison. */
const COMPARES = 'signalbox:compare:';

/** The lists that a client has read from the first server, to compare them with those of its own server later. */
export class ReadLists {
  /** By list, the first page: a result as JSON text. */
  readonly #firstPages = new Map<string, string>();
  /** By list, the cursors that the first server gave. */
  readonly #cursors = new Map<string, Set<Json | undefined>>();

  /** Records a page of the first server: its result as JSON text, and the params of the request. */
  note(method: string, params: string, result: string): void {
    if (valueAt(params, 'cursor') === undefined) this.#firstPages.set(method, result);
    const known = this.#cursors.get(method) ?? new Set();
    const next = valueAt(result, 'nextCursor');
    if (next !== undefined) this.#cursors.set(method, known.add(next));
  }

  /** Whether a request continues a list that was started at the first server. */
  continues(message: RpcMessage): boolean {
    if (message.kind !== 'request' || !isListRequest(message.method)) return false;
    const { method, text } = message;
    const cursor = valueAt(text, 'params', 'cursor');
    // A list read again from its start comes from the client's own server.
    if (cursor === undefined) this.#cursors.delete(method);
    return this.#cursors.get(method)?.has(cursor) ?? false;
  }

  /** Requests to the client's own server for the lists that the client has read. */
  comparisons(): readonly string[] {
    return [...this.#firstPages.keys()].map((method) =>
      JSON.stringify({ jsonrpc: '2.0', id: `${COMPARES}${method}`, method }),
    );
  }

  /**
   * Handles an answer to one of {@link comparisons}. Returns the notification that the list has changed, or null if the
   * client's own server has the same. Undefined if the message isn't such an answer.
   */
  compare(message: RpcMessage): string | null | undefined {
    if (message.kind !== 'answer' || !message.id?.startsWith(`"${COMPARES}`)) return undefined;
    if (message.isError) return null;
    const method = message.id.slice(COMPARES.length + 1, -1);
    const known = this.#firstPages.get(method) ?? '{}';
    const isSame = isDeepStrictEqual(itemsOf(outcomeOf(message).raw), itemsOf(known));
    return isSame ? null : changeOf(method);
  }
}

/** The items of a page. */
function itemsOf(result: string): object {
  const { nextCursor, _meta, ...items } = objectOf(parseJson(result));
  return items;
}

function valueAt(text: string, ...keys: readonly string[]): Json | undefined {
  const raw = textAt(text, ...keys);
  return raw === null ? undefined : parseJson(raw);
}
