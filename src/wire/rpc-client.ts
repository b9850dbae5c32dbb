import type { Failure, Json, JsonObject } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import { shown } from '../printable.ts';
import { RPC_CODE } from './answer.ts';
import { readEnvelope } from './envelope.ts';
import { errorIn } from './error-body.ts';
import { isObject, isTaxing, objectOf, parseJson, stringOf } from './json.ts';
import type { ExchangeEnd, StreamableHttp } from './streamable-http.ts';

/** The instance answered a request with a JSON-RPC error. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: Json | undefined;
  /** The HTTP status under which it came, or null: as an answer. */
  readonly status: number | null;

  constructor(error: JsonObject, status: number | null = null) {
    super(stringOf(error['message']) ?? 'no message');
    this.code = typeof error['code'] === 'number' ? error['code'] : 0;
    this.data = error['data'];
    this.status = status;
  }
}

/** The failure of what was under way when its owner closed the connection. */
export const CLOSED: Failure = { code: 'CONNECTION_LOST', message: 'the connection was closed' };

/** A request got no answer: refused, lost, or answered by something that isn't MCP. What the server said is made {@link shown}. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly failure: Failure;
  /** The HTTP status that said so, or null. */
  readonly status: number | null;

  constructor(failure: Failure, status: number | null = null) {
    const message = shown(failure.message);
    super(message);
    this.failure = { ...failure, message };
    this.status = status;
  }
}

/** The error code by which a server that speaks only 2026-07-28 refuses `initialize`. */
const UNSUPPORTED_PROTOCOL_VERSION = -32022;

export interface RpcOptions {
  /** Ends the request: it rejects with `ANSWER_TOO_LARGE`, for it took too long to come. */
  readonly signal?: AbortSignal;
  /** Told the size of the answer, in characters. */
  readonly onSize?: (length: number) => void;
}

/**
 * The hub's own requests on one MCP session. Ids are strings, so that those of an agent, passed on unchanged,
 * can't collide with them.
 */
export class RpcClient {
  readonly #http: StreamableHttp;
  readonly #onOther: (text: string) => void;
  readonly #mostObjects: number;
  readonly #cancels = new Set<() => void>();
  #lastId = 0;

  /**
   * `onOther` gets every message that isn't an answer to a request of this client. An answer with more than `mostObjects`
   * objects and arrays is refused.
   */
  constructor(
    http: StreamableHttp,
    onOther: (text: string) => void,
    mostObjects: number = BUDGETS.parsedObjects.value,
  ) {
    this.#http = http;
    this.#onOther = onOther;
    this.#mostObjects = mostObjects;
  }

  /** Resolves with the result. Rejects with {@link RpcError} or {@link ExchangeError}; there is no timeout. */
  request(
    method: string,
    params?: JsonObject,
    { signal, onSize }: RpcOptions = {},
  ): Promise<JsonObject> {
    this.#lastId += 1;
    const id = `signalbox:${this.#lastId}`;
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (how: () => void) => {
        if (settled) return;
        settled = true;
        this.#cancels.delete(cancel);
        signal?.removeEventListener('abort', expire);
        how();
      };
      const cancel = () => {
        abort();
        settle(() => reject(new ExchangeError(CLOSED)));
      };
      const refuse = (message: string) =>
        settle(() => reject(new ExchangeError({ code: 'ANSWER_TOO_LARGE', message })));
      const expire = () => {
        abort();
        refuse(`the answer to ${method} took too long`);
      };
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      const abort = this.#http.post(body, {
        onFrame: (text) => {
          const envelope = readEnvelope(text);
          const isAnswer = envelope?.id === JSON.stringify(id) && envelope.method === null;
          if (!isAnswer || envelope.isAmbiguous) {
            this.#onOther(text);
            return undefined;
          }
          if (isTaxing(text, this.#mostObjects)) {
            refuse(`more than ${this.#mostObjects} objects in one answer`);
            return undefined;
          }
          onSize?.(text.length);
          const { error, result } = objectOf(parseJson(text, this.#mostObjects));
          settle(() =>
            isObject(error)
              ? reject(refusal(null, new RpcError(error), false))
              : resolve(objectOf(result)),
          );
          return undefined;
        },
        onOversize: (bytes) => refuse(`an answer of ${bytes} bytes`),
        onEnd: (end) => settle(() => reject(this.#unanswered(end))),
      });
      this.#cancels.add(cancel);
      signal?.addEventListener('abort', expire, { once: true });
      if (signal?.aborted) expire();
    });
  }

  /**
   * Sends a notification; resolves when the instance has taken it, or can't. What comes back, an error without id
   * included, is nobody's answer.
   */
  notify(method: string, params?: JsonObject): Promise<void> {
    return this.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** Sends a message that wants no answer, as {@link notify} does. */
  send(body: string): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#cancels.delete(cancel);
        resolve();
      };
      const cancel = () => {
        abort();
        done();
      };
      const abort = this.#http.post(body, {
        onFrame: () => undefined,
        onOversize: () => {},
        onEnd: done,
      });
      this.#cancels.add(cancel);
    });
  }

  #unanswered(end: ExchangeEnd): Error {
    const hadSession = this.#http.sessionId !== null;
    if (end.kind !== 'status') return new ExchangeError(failureOfEnd(end, hadSession));
    const error = errorIn(end.body);
    return error !== null
      ? refusal(end.status, new RpcError(error, end.status), hadSession)
      : new ExchangeError(failureOfEnd(end, hadSession), end.status);
  }

  /** Aborts what is under way; open requests reject. */
  close(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}

function refusal(status: number | null, error: RpcError, hadSession: boolean): Error {
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

/** What the server says that it speaks, when it says so. */
function versionsOf(data: Json | undefined): string {
  const supported = isObject(data) ? data['supported'] : undefined;
  return Array.isArray(supported) && supported.length > 0
    ? `protocol version ${supported.slice(0, 8).map(String).join(', ').slice(0, 200)}, which the hub does not`
    : 'none of the protocol versions that the hub speaks';
}

/** What it means for a request when its exchange came to this end without an answer. */
export function failureOfEnd(end: ExchangeEnd, hadSession: boolean): Failure {
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
