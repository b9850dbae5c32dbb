import type { Endpoint, Failure } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import { decoded } from './decoded.ts';
import type { Envelope } from './envelope.ts';
import { headOf, tailOf } from './frame.ts';
import { type HttpRequester, type HttpResponse, networkFailure } from './http-exchange.ts';
import { ENDS, MessageBody } from './message-body.ts';
import { NONCE_HEADER } from './nonce.ts';
import { type ServerSentEvent, SseDecoder } from './sse-decoder.ts';

/** How a request's response, or a stream, came to its end. */
export type ExchangeEnd =
  /** The instance took the message and has nothing to say. */
  | { readonly kind: 'accepted' }
  /** The response ended as it should. `lastEventId` when the instance named one: it can be resumed. */
  | { readonly kind: 'ended'; readonly lastEventId: string | null; readonly retry: number | null }
  /** An HTTP status outside 2xx; `body` is cut at 64 KiB. */
  | { readonly kind: 'status'; readonly status: number; readonly body: string }
  /** The connection broke, or what came isn't MCP. `lastEventId` as above. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly lastEventId: string | null };

/** How a stream ended; null: what was answered is none, the instance has no stream to offer. */
export function streamEndOf(
  end: ExchangeEnd,
): Extract<ExchangeEnd, { kind: 'ended' | 'failed' }> | null {
  if (end.kind === 'status' || end.kind === 'accepted') return null;
  return end.kind === 'failed' && end.failure.code === 'PROTOCOL_ERROR' ? null : end;
}

/**
 * Takes what a response brings. `onFrame` comes in order, any number of times, then `onEnd` once and nothing more;
 * after an abort by the caller nothing comes at all.
 */
export interface ExchangeSink {
  /** The message is on the wire; before that, nobody can have taken it. */
  onSent?(): void;
  /** All of the message is with the operating system. */
  onWritten?(): void;
  /** The instance answered with an event stream. */
  onOpen?(): void;
  /** One JSON-RPC message as its JSON text. A promise holds the stream back until it is fulfilled. */
  onFrame(text: string): Promise<void> | undefined;
  /** A large message on one line, valid, and its facts; as {@link onFrame}. False: it is wanted as text, by `onFrame`. */
  onLarge?(parts: readonly Buffer[], envelope: Envelope): Promise<void> | undefined | false;
  /** The ends of a message that isn't UTF-8, or of a large one that isn't JSON; it is dropped, the stream goes on. */
  onMalformed?(head: string, tail: string): void;
  /** A message over the limit; it is dropped, the stream goes on. */
  onOversize(bytes: number): void;
  onEnd(end: ExchangeEnd): void;
}

export interface StreamableHttpOptions {
  readonly endpoint: Endpoint;
  readonly token: string | null;
  readonly request: HttpRequester;
  /** Largest message that is taken from the instance, in bytes. */
  readonly maxMessage: number;
  /** Any sign of life from the instance. */
  onHeard(): void;
}

/** Servers that say nothing say it in so many bytes at most: a line break or two. */
const LONGEST_BLANK = 16;
/** The bytes with which a JSON-RPC message or a batch begins. */
const [OBJECT, ARRAY] = [0x7b, 0x5b];

const CUT_SHORT = 'closed before its end';

const ENDED: ExchangeEnd = { kind: 'ended', lastEventId: null, retry: null };

/**
 * The client side of one MCP session over Streamable HTTP, as frames: bodies are JSON text, nobody looks inside.
 * Session id and protocol version are the owner's to set after `initialize`.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class StreamableHttp {
  sessionId: string | null = null;
  protocolVersion: string | null = null;
  /** What the answer to `initialize` confirmed by its header. */
  nonce: string | null = null;
  readonly #options: StreamableHttpOptions;

  constructor(options: StreamableHttpOptions) {
    this.#options = options;
  }

  /** The same session by another way of sending requests. */
  by(request: HttpRequester): StreamableHttp {
    const twin = new StreamableHttp({ ...this.#options, request });
    twin.sessionId = this.sessionId;
    twin.protocolVersion = this.protocolVersion;
    return twin;
  }

  /** Sends one message. Returns the abort. `accept`: the specification has clients take answers of both forms. */
  post(body: string, sink: ExchangeSink, accept: 'both' | 'json' = 'both'): () => void {
    return this.#exchange('POST', body, null, sink, accept);
  }

  /** Opens the standing stream, or resumes a broken one after `lastEventId`. Returns the abort. */
  listen(lastEventId: string | null, sink: ExchangeSink): () => void {
    return this.#exchange('GET', undefined, lastEventId, sink);
  }

  /** Ends the session at the instance, if it has one. Resolves when the instance has answered or can't. */
  end(): Promise<void> {
    if (this.sessionId === null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#exchange('DELETE', undefined, null, {
        onFrame: () => undefined,
        onOversize: () => {},
        onEnd: () => resolve(),
      });
      this.sessionId = null;
    });
  }

  #exchange(
    method: 'POST' | 'GET' | 'DELETE',
    body: string | undefined,
    lastEventId: string | null,
    sink: ExchangeSink,
    accept: 'both' | 'json' = 'both',
  ): () => void {
    const { endpoint, request } = this.#options;
    let over = false;
    let discard: (() => void) | undefined;
    const end = (how: ExchangeEnd) => {
      if (over) return;
      over = true;
      sink.onEnd(how);
    };
    const fail = (error: NodeJS.ErrnoException, resumeAfter: string | null = null) =>
      end({ kind: 'failed', failure: networkFailure(error, endpoint), lastEventId: resumeAfter });
    const abort = request(
      {
        method,
        endpoint,
        headers: this.#headers(method, lastEventId, accept),
        ...(body === undefined ? {} : { body }),
      },
      {
        onSent: () => sink.onSent?.(),
        onWritten: () => sink.onWritten?.(),
        onError: (error) => fail(error),
        onResponse: (response) => {
          if (over) {
            response.body.destroy();
            return;
          }
          this.#options.onHeard();
          const opened = response.headers['mcp-session-id'];
          // Only the answer to `initialize` gives a session; a later one with another id is not ours.
          if (this.protocolVersion === null) {
            if (typeof opened === 'string') this.sessionId = opened;
            const confirmed = response.headers[NONCE_HEADER];
            if (typeof confirmed === 'string') this.nonce = confirmed;
          }
          discard = () => response.body.destroy();
          const body = decoded(response.body, response.headers['content-encoding']);
          this.#read({ ...response, body }, lastEventId, sink, end, fail, () => over);
        },
      },
    );
    return () => {
      over = true;
      discard?.();
      abort();
    };
  }

  #headers(
    method: string,
    lastEventId: string | null,
    accept: 'both' | 'json',
  ): Record<string, string> {
    const { endpoint, token } = this.#options;
    const answers = accept === 'json' ? 'application/json' : 'application/json, text/event-stream';
    const headers: Record<string, string> = {
      host: endpoint.host,
      accept: method === 'GET' ? 'text/event-stream' : answers,
    };
    if (method === 'POST') headers['content-type'] = 'application/json';
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    if (this.sessionId !== null) headers['mcp-session-id'] = this.sessionId;
    if (this.protocolVersion !== null) headers['mcp-protocol-version'] = this.protocolVersion;
    // Headers are written as Latin-1: this makes UTF-8 of it, as browsers do.
    if (lastEventId !== null) {
      headers['last-event-id'] = Buffer.from(lastEventId).toString('latin1');
    }
    return headers;
  }

  #read(
    { status, headers, body }: HttpResponse,
    resumedAfter: string | null,
    sink: ExchangeSink,
    end: (how: ExchangeEnd) => void,
    fail: (error: NodeJS.ErrnoException, resumeAfter?: string | null) => void,
    isOver: () => boolean,
  ): void {
    const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (status >= 200 && status < 300 && type === 'text/event-stream') {
      this.#readStream(body, resumedAfter, sink, end, fail, isOver);
      return;
    }
    const limit = status < 300 ? this.#options.maxMessage : BUDGETS.refusalBody.value;
    const message = new MessageBody(limit);
    body.on('data', (chunk: Buffer) => message.push(chunk));
    body.on('error', (error) => fail(error));
    body.on('close', () => {
      if (!isOver()) fail(new Error(CUT_SHORT));
    });
    body.on('end', () => {
      if (isOver()) return;
      if (status < 200 || status >= 300) {
        end({ kind: 'status', status, body: message.text() ?? '' });
        return;
      }
      const { bytes } = message;
      const isJson = type === 'application/json';
      if (message.isOversize) sink.onOversize(bytes);
      else if (isJson) void message.deliver(sink);
      else if (bytes > 0) {
        const said = `answered ${type || 'no content type'}, not JSON or an event stream`;
        const failure: Failure = { code: 'PROTOCOL_ERROR', message: said };
        end({ kind: 'failed', failure, lastEventId: null });
        return;
      }
      const isBlank = bytes === 0 || (bytes < LONGEST_BLANK && message.text()?.trim() === '');
      end(isBlank && (status !== 200 || !isJson) ? { kind: 'accepted' } : ENDED);
    });
  }

  #readStream(
    body: HttpResponse['body'],
    resumedAfter: string | null,
    sink: ExchangeSink,
    end: (how: ExchangeEnd) => void,
    fail: (error: NodeJS.ErrnoException, resumeAfter?: string | null) => void,
    isOver: () => boolean,
  ): void {
    sink.onOpen?.();
    // A stream that was resumed and brought nothing new can be resumed at the same place.
    let lastEventId = resumedAfter;
    let retry: number | null = null;
    let held = 0;
    // Brummer calls some of its JSON an event stream. No event stream begins like JSON.
    let json: MessageBody | null | undefined;
    const decoder = new SseDecoder({
      maxBytes: this.#options.maxMessage,
      onOversize: (bytes) => sink.onOversize(bytes),
      onEvent: (event) => {
        if (isOver()) return;
        if (event.id !== null) lastEventId = event.id === '' ? null : event.id;
        if (event.retry !== undefined) retry = event.retry;
        // Heartbeats and other events that aren't MCP messages go under names of their own.
        if (event.data === '' || (event.event !== '' && event.event !== 'message')) return;
        const hold = deliver(event, sink);
        if (hold === undefined) return;
        held += 1;
        body.pause();
        hold.then(() => {
          held -= 1;
          if (held === 0) body.resume();
        });
      },
    });
    body.on('data', (chunk: Buffer) => {
      this.#options.onHeard();
      if (json === undefined) {
        const isJson = chunk[0] === OBJECT || chunk[0] === ARRAY;
        json = isJson ? new MessageBody(this.#options.maxMessage) : null;
      }
      (json ?? decoder).push(chunk);
    });
    body.on('error', (error) => fail(error, lastEventId));
    body.on('close', () => {
      if (!isOver()) fail(new Error(CUT_SHORT), lastEventId);
    });
    body.on('end', () => {
      if (isOver()) return;
      if (!json) decoder.end();
      else if (json.isOversize) sink.onOversize(json.bytes);
      else void json.deliver(sink);
      end({ kind: 'ended', lastEventId, retry });
    });
  }
}

/** Gives the message of an event to `sink`. A promise asks for a pause. */
function deliver({ data, isMalformed }: ServerSentEvent, sink: ExchangeSink) {
  if (typeof data === 'string' && !isMalformed) return sink.onFrame(data);
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  if (isMalformed) {
    sink.onMalformed?.(headOf([bytes], ENDS), tailOf([bytes], ENDS));
    return undefined;
  }
  const message = new MessageBody(bytes.length);
  message.push(bytes);
  return message.deliver(sink);
}
