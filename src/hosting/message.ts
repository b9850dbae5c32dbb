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

/** How many characters at each end of invalid JSON are searched for an id. */
const ENDS = 4_096;

const UNREADABLE = "the server's answer is not valid JSON";

/**
 * The messages in a line of a stdio server: one, or those of a batch (allowed in MCP 2025-03-26). Each keeps its text. An
 * invalid answer becomes an error for its request, so that the caller doesn't wait forever.
 */
export function readMessages(line: string): readonly RpcMessage[] {
  // Recursive parsers fail on deeper nesting, which could crash the client.
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

/** An error for a request whose answer is invalid. Empty if the text isn't an answer. */
function invalidAnswer(text: string): readonly RpcAnswer[] {
  const id = idAt(text, 'id');
  if (textAt(text, 'method') !== null || id === null || !isRequestId(id)) return [];
  return [errorAnswer(id, "the server's answer is not valid JSON-RPC")];
}

function instead(line: string): readonly RpcAnswer[] {
  const answer = answerInstead(line.slice(0, ENDS), line.slice(-ENDS), UNREADABLE);
  return answer === null ? [] : [answer];
}

/**
 * An error for a request whose answer can't be used. Gets both ends of the answer. Null if they don't belong to an answer,
 * or don't have its id.
 */
export function answerInstead(head: string, tail: string, message: string): RpcAnswer | null {
  if (/^\s*\{[^{[]*"method"\s*:/.test(head)) return null;
  const id = idNear(head, tail);
  return id === 'null' || parseJson(id) === undefined ? null : errorAnswer(id, message);
}

/** An error that answers request `id` in place of the server. */
export function errorAnswer(id: string, message: string): RpcAnswer {
  const text = errorFrame(id, RPC_CODE.internalError, message);
  return { kind: 'answer', id, isError: true, text };
}

/** How a request ended: the JSON text of its result or of its error. */
export interface Outcome {
  readonly isError: boolean;
  readonly raw: string;
}

/** The outcome of a request, from its answer. */
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
