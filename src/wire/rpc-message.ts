import { canonicalId, elementsOf, membersOf, oneLine, readEnvelope, textAt } from './envelope.ts';
import { isObject, parseJson, stringOf } from './json.ts';

/** What every JSON-RPC message has here: its text on one line, as it came, instead of a parsed object. */
interface Carried {
  readonly text: string;
  /** Whether others could read it as another message: see {@link Envelope.isAmbiguous}. */
  readonly isAmbiguous?: boolean;
}

export interface RpcRequest extends Carried {
  readonly kind: 'request';
  /** JSON text in one spelling: see {@link Envelope.id}. */
  readonly id: string;
  readonly method: string;
}

export interface RpcNotification extends Carried {
  readonly kind: 'notification';
  readonly method: string;
}

export interface RpcAnswer extends Carried {
  readonly kind: 'answer';
  /** As in {@link RpcRequest}; null for an error that names no request. */
  readonly id: string | null;
  readonly isError: boolean;
}

export type RpcMessage = RpcRequest | RpcNotification | RpcAnswer;

/**
 * Reads a JSON-RPC message. Its `params` and `result` must be objects, as MCP has them; members that JSON-RPC doesn't know
 * are fine. Null when the text is no such message.
 */
export function readRpcMessage(source: string): RpcMessage | null {
  const envelope = readEnvelope(source);
  if (envelope === null) return null;
  const { id, method, hasResult, hasError, isAmbiguous } = envelope;
  const text = oneLine(source).trim();
  const members = membersOf(text);
  if (!isVersion2(members.get('jsonrpc'))) return null;
  const carried = isAmbiguous ? { text, isAmbiguous } : { text };
  if (members.has('method')) {
    const isCall =
      method !== null && !hasResult && !hasError && isObjectText(members.get('params'));
    if (!isCall) return null;
    if (id === null) return { kind: 'notification', method, ...carried };
    return isRequestId(id) ? { kind: 'request', id, method, ...carried } : null;
  }
  if (hasResult === hasError || (id === null ? hasResult : !isRequestId(id))) return null;
  const isProper = hasResult ? isObjectText(members.get('result')) : isError(members.get('error'));
  return isProper ? { kind: 'answer', id, isError: hasError, ...carried } : null;
}

/**
 * The texts of the messages in a body or a line: one, or those of a batch, as MCP had them in 2025-03-26. Null when a batch
 * isn't valid JSON; a single text is not checked. `isTooLong` tells that a batch has more than `most` messages.
 */
export function messageTexts(
  text: string,
  most: number,
): { readonly texts: readonly string[]; readonly isTooLong: boolean } | null {
  if (!/^\s*\[/.test(text)) return { texts: [text], isTooLong: false };
  if (parseJson(text) === undefined) return null;
  const texts = elementsOf(text, most);
  return { texts: texts ?? [], isTooLong: texts === null };
}

/** The id under `keys`, in its one spelling; null when there is none. */
export function idAt(text: string, ...keys: readonly string[]): string | null {
  const raw = textAt(text, ...keys);
  if (raw === null) return null;
  const id = canonicalId(raw);
  return id === 'null' ? null : id;
}

/** Whether an id, in its one spelling, is a string or a whole number, as MCP demands of ids. */
export function isRequestId(id: string): boolean {
  return id.startsWith('"') || /^-?\d+$/.test(id);
}

function isVersion2(raw: string | undefined): boolean {
  return raw !== undefined && (raw === '"2.0"' || parseJson(raw) === '2.0');
}

/** Whether the text of a value is an object's; a value that isn't there may be one. */
function isObjectText(raw: string | undefined): boolean {
  return raw === undefined || raw.startsWith('{');
}

function isError(raw: string | undefined): boolean {
  const error = raw === undefined ? undefined : parseJson(raw);
  return isObject(error) && Number.isInteger(error['code']) && stringOf(error['message']) !== null;
}
