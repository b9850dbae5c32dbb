import type { Failure, Json, JsonObject } from '../../../machines/model.ts';
import { RPC_CODE } from '../answer.ts';
import type { ExchangeEnd } from '../channel.ts';
import { errorIn } from '../error-body.ts';
import { ExchangeError } from '../exchange-error.ts';
import { isObject, stringOf } from '../json.ts';

/** What came back for a request. */
export type Reply =
  | { readonly kind: 'result'; readonly result: JsonObject }
  /** A JSON-RPC error. `status` is the HTTP status that it came with as a refusal, or null: it came as an answer. */
  | { readonly kind: 'error'; readonly error: JsonObject; readonly status: number | null }
  /** No JSON-RPC answer at all. */
  | { readonly kind: 'unanswered'; readonly end: ExchangeEnd };

/** The instance answered a request with a JSON-RPC error. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: Json | undefined;
  /** The HTTP status that the error came with as a refusal, or null: it came as an answer. */
  readonly status: number | null;

  constructor(error: JsonObject, status: number | null = null) {
    super(stringOf(error['message']) ?? 'no message');
    this.code = typeof error['code'] === 'number' ? error['code'] : 0;
    this.data = error['data'];
    this.status = status;
  }
}

/** The error code with which a server that speaks only 2026-07-28 refuses `initialize`. */
const UNSUPPORTED_PROTOCOL_VERSION = -32022;

/** The reply to a request whose exchange ended without an answer. */
export function replyAtEnd(end: ExchangeEnd): Reply {
  const error = end.kind === 'status' ? errorIn(end.body) : null;
  return error === null || end.kind !== 'status'
    ? { kind: 'unanswered', end }
    : { kind: 'error', error, status: end.status };
}

/**
 * What a reply other than a result means for whoever asked: {@link RpcError} if the instance answered, and
 * {@link ExchangeError} if it didn't or can't be talked to. `hadSession`: the request named a session id.
 */
export function errorOf(
  reply: Exclude<Reply, { kind: 'result' }>,
  hadSession: boolean,
): RpcError | ExchangeError {
  if (reply.kind === 'error') {
    const error = new RpcError(reply.error, reply.status);
    return refusal(error, hadSession && reply.status !== null);
  }
  const { end } = reply;
  const status = end.kind === 'status' ? end.status : null;
  return new ExchangeError(failureOfEnd(end, hadSession), status);
}

function refusal(error: RpcError, hadSession: boolean): RpcError | ExchangeError {
  const { status } = error;
  if (error.code === UNSUPPORTED_PROTOCOL_VERSION) {
    const message = `speaks ${versionsOf(error.data)}: ${error.message}`;
    return new ExchangeError({ code: 'UNSUPPORTED_VERSION', message });
  }
  // An instance that doesn't know a method hasn't forgotten the session.
  if (status === 404 && hadSession && error.code === RPC_CODE.methodNotFound) return error;
  if (status === 401 || status === 403 || status === 404) {
    return new ExchangeError(statusFailure(status, error.message, hadSession), status);
  }
  return error;
}

/** The versions that the server says it speaks, in words. */
function versionsOf(data: Json | undefined): string {
  const supported = isObject(data) ? data['supported'] : undefined;
  return Array.isArray(supported) && supported.length > 0
    ? `protocol version ${supported.slice(0, 8).map(String).join(', ').slice(0, 200)}, which the hub does not`
    : 'none of the protocol versions that the hub speaks';
}

function failureOfEnd(end: ExchangeEnd, hadSession: boolean): Failure {
  switch (end.kind) {
    case 'failed':
      return end.failure;
    case 'status':
      return statusFailure(end.status, end.body, hadSession);
    case 'accepted':
      return { code: 'PROTOCOL_ERROR', message: 'accepted a request without answering it' };
    case 'ended':
      return { code: 'PROTOCOL_ERROR', message: 'the answer ended before it was complete' };
  }
}

function statusFailure(status: number, body: string, hadSession: boolean): Failure {
  const said = body.trim().slice(0, 200);
  const message = `answered HTTP ${status}${said && !said.startsWith('<') ? `: ${said}` : ''}`;
  if (status === 401 || status === 403) {
    return { code: 'UNAUTHORIZED', message: `${message} (is the registration's token right?)` };
  }
  if (status === 404 && hadSession) return { code: 'SESSION_EXPIRED', message };
  return { code: 'HTTP_ERROR', message };
}
