import { isDeepStrictEqual } from 'node:util';
import type { Json } from '../../machines/model.ts';
import { textAt } from '../wire/envelope.ts';
import { objectOf, parseJson } from '../wire/json.ts';
import type { RpcMessage } from '../wire/rpc-message.ts';
import { changeOf, isListRequest } from './list-cache.ts';
import { outcomeOf } from './message.ts';

/** Ids of the requests by which lists are compared. */
const COMPARES = 'signalbox:compare:';

/** What a client has read of the first server's lists, for the time when it has a server of its own. */
export class ReadLists {
  /** By list, the first page: a result as JSON text. */
  readonly #firstPages = new Map<string, string>();
  /** By list, the cursors that the first server gave. */
  readonly #cursors = new Map<string, Set<Json | undefined>>();

  /** Notes a page of the first server: its result as JSON text, and the params by which it was asked for. */
  note(method: string, params: string, result: string): void {
    if (valueAt(params, 'cursor') === undefined) this.#firstPages.set(method, result);
    const known = this.#cursors.get(method) ?? new Set();
    const next = valueAt(result, 'nextCursor');
    if (next !== undefined) this.#cursors.set(method, known.add(next));
  }

  /** Whether a request is for a further page of a list that was begun at the first server. */
  continues(message: RpcMessage): boolean {
    if (message.kind !== 'request' || !isListRequest(message.method)) return false;
    const { method, text } = message;
    const cursor = valueAt(text, 'params', 'cursor');
    // Read anew from its beginning, the list is its own server's.
    if (cursor === undefined) this.#cursors.delete(method);
    return this.#cursors.get(method)?.has(cursor) ?? false;
  }

  /** Requests that ask the client's own server for the lists that the client has read. */
  comparisons(): readonly string[] {
    return [...this.#firstPages.keys()].map((method) =>
      JSON.stringify({ jsonrpc: '2.0', id: `${COMPARES}${method}`, method }),
    );
  }

  /**
   * Takes an answer to one of {@link comparisons}: the notification that the list is another one at the client's own
   * server, or null when it is the same. Undefined: the message is no such answer.
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

/** What a page lists. */
function itemsOf(result: string): object {
  const { nextCursor, _meta, ...items } = objectOf(parseJson(result));
  return items;
}

function valueAt(text: string, ...keys: readonly string[]): Json | undefined {
  const raw = textAt(text, ...keys);
  return raw === null ? undefined : parseJson(raw);
}
