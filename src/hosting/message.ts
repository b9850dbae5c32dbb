import { errorFrame, notificationFrame, RPC_CODE } from '../wire/answer.ts';
import { textAt } from '../wire/envelope.ts';
import { isTaxing, objectOf, parseJson, stringOf } from '../wire/json.ts';
import { idNear } from '../wire/line-reader.ts';
import {
  idAt,
  isRequestId,
  messageTexts,
  type RpcAnswer,
  type RpcMessage,
  type RpcNotification,
  readRpcMessage,
} from '../wire/rpc-message.ts';

/** How much of each end of what is no JSON is looked at for its id, in characters. */
const ENDS = 4_096;

const UNREADABLE = 'the server answered what can not be read';

/**
 * The messages in a line of a stdio server: one, or those of a batch, as MCP had them in 2025-03-26. Each keeps its text. An
 * answer that is invalid becomes an error for its request: somebody waits for it.
 */
export function readMessages(line: string): readonly RpcMessage[] {
  // Parsers that recurse fail on deeper nesting, and would take the client down with them.
  const batch = isTaxing(line, Number.POSITIVE_INFINITY)
    ? null
    : messageTexts(line, Number.POSITIVE_INFINITY);
  if (batch === null) return instead(line);
  const isSingle = batch.texts.length === 1 && batch.texts[0] === line;
  return batch.texts.flatMap((text) => {
    const message = readRpcMessage(text);
    if (message !== null) return message;
    return isSingle && parseJson(text) === undefined ? instead(text) : invalidAnswer(text);
  });
}

/** An error for the request whose answer isn't valid; nothing when the text is of no answer. */
function invalidAnswer(text: string): readonly RpcAnswer[] {
  const id = idAt(text, 'id');
  if (textAt(text, 'method') !== null || id === null || !isRequestId(id)) return [];
  return [errorAnswer(id, 'the server answered what is no JSON-RPC answer')];
}

function instead(line: string): readonly RpcAnswer[] {
  const answer = answerInstead(line.slice(0, ENDS), line.slice(-ENDS), UNREADABLE);
  return answer === null ? [] : [answer];
}

/**
 * An error for the request whose answer can't be taken, of which these are the ends; null when they are of no answer, or don't
 * say to which request.
 */
export function answerInstead(head: string, tail: string, message: string): RpcAnswer | null {
  if (/^\s*\{[^{[]*"method"\s*:/.test(head)) return null;
  const id = idNear(head, tail);
  return id === 'null' || parseJson(id) === undefined ? null : errorAnswer(id, message);
}

/** An error that answers request `id` in the server's stead. */
export function errorAnswer(id: string, message: string): RpcAnswer {
  const text = errorFrame(id, RPC_CODE.internalError, message);
  return { kind: 'answer', id, isError: true, text };
}

/** How a request ended: the JSON text of its result or of its error. */
export interface Outcome {
  readonly isError: boolean;
  readonly raw: string;
}

/** How a request ended, by its answer. */
export function outcomeOf({ isError, text }: RpcAnswer): Outcome {
  return { isError, raw: textAt(text, isError ? 'error' : 'result') ?? '{}' };
}

/** Answers request `id`. */
export function answerWith(id: string, { isError, raw }: Outcome): RpcAnswer {
  const text = `{"jsonrpc":"2.0","id":${id},"${isError ? 'error' : 'result'}":${raw}}`;
  return { kind: 'answer', id, isError, text };
}

/** The message of an error. */
export function messageOf({ raw }: Outcome): string {
  return stringOf(objectOf(parseJson(raw))['message']) ?? raw;
}

/** A notification without `params`. */
export function notification(method: string): RpcNotification {
  return { kind: 'notification', method, text: notificationFrame(method) };
}
