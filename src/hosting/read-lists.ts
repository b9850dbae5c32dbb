import { isDeepStrictEqual } from 'node:util';
import type { JSONRPCMessage, JSONRPCRequest, Result } from '@modelcontextprotocol/sdk/types.js';
import { changeOf, isListRequest } from './list-cache.ts';

/** Ids of the requests by which lists are compared. */
const COMPARES = 'signalbox:compare:';

/** What a client has read of the first server's lists, for the time when it has a server of its own. */
export class ReadLists {
  /** By list, the items of the first page. */
  readonly #firstPages = new Map<string, object>();
  /** By list, the cursors that the first server gave. */
  readonly #cursors = new Map<string, Set<unknown>>();

  /** Notes a page of the first server. */
  note(method: string, cursor: unknown, { nextCursor, _meta, ...items }: Result): void {
    if (cursor === undefined) this.#firstPages.set(method, items);
    const known = this.#cursors.get(method) ?? new Set();
    if (nextCursor !== undefined) this.#cursors.set(method, known.add(nextCursor));
  }

  /** Whether a request is for a further page of a list that was begun at the first server. */
  continues(message: JSONRPCMessage): boolean {
    if (!('method' in message && 'id' in message) || !isListRequest(message.method)) return false;
    const { method, params } = message;
    const cursor = params?.['cursor'];
    // Read anew from its beginning, the list is its own server's.
    if (cursor === undefined) this.#cursors.delete(method);
    return this.#cursors.get(method)?.has(cursor) ?? false;
  }

  /** Requests that ask the client's own server for the lists that the client has read. */
  comparisons(): readonly JSONRPCRequest[] {
    return [...this.#firstPages.keys()].map((method) => ({
      jsonrpc: '2.0',
      id: `${COMPARES}${method}`,
      method,
    }));
  }

  /**
   * Takes an answer to one of {@link comparisons}: the notification that the list is another one at the client's own
   * server, or null when it is the same. Undefined: the message is no such answer.
   */
  compare(message: JSONRPCMessage): string | null | undefined {
    if ('method' in message || typeof message.id !== 'string') return undefined;
    if (!message.id.startsWith(COMPARES)) return undefined;
    const method = message.id.slice(COMPARES.length);
    if (!('result' in message)) return null;
    const { nextCursor, _meta, ...items } = message.result;
    return isDeepStrictEqual(items, this.#firstPages.get(method)) ? null : changeOf(method);
  }
}
