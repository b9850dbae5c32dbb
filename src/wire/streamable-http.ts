import type { Endpoint } from '../../machines/model.ts';
import type { Channel, ExchangeEnd, ExchangeSink, PostOptions } from './channel.ts';
import { decoded } from './decoded.ts';
import {
  type HttpRequest,
  type HttpRequester,
  type HttpSockets,
  networkFailure,
} from './http-exchange.ts';
import { NONCE_HEADER } from './nonce.ts';
import { readResponse } from './response.ts';

export interface StreamableHttpOptions {
  readonly endpoint: Endpoint;
  readonly token: string | null;
  readonly sockets: HttpSockets;
  /** The largest message that is accepted from the instance, in bytes. */
  readonly maxMessage: number;
  /** Called at any sign of life from the instance. */
  onHeard(): void;
}

/** What differs between the requests of a channel. */
interface Outgoing {
  readonly method: HttpRequest['method'];
  readonly body?: string;
  readonly lastEventId?: string | null;
  readonly accept: string;
  readonly request: HttpRequester;
}

const STREAM = 'text/event-stream';
const JSON_ONLY = 'application/json';
const EITHER = `${JSON_ONLY}, ${STREAM}`;

/**
 * The client side of Streamable HTTP.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class StreamableHttp implements Channel {
  protocolVersion: string | null = null;
  readonly #options: StreamableHttpOptions;
  #sessionId: string | null = null;
  #nonce: string | null = null;

  constructor(options: StreamableHttpOptions) {
    this.#options = options;
  }

  get sessionId(): string | null {
    return this.#sessionId;
  }

  get nonce(): string | null {
    return this.#nonce;
  }

  post(body: string, sink: ExchangeSink, { aside, accept }: PostOptions = {}): () => void {
    const { request, requestAside } = this.#options.sockets;
    const outgoing: Outgoing = {
      method: 'POST',
      body,
      accept: accept === 'json' ? JSON_ONLY : EITHER,
      request: aside ? requestAside : request,
    };
    return this.#exchange(outgoing, sink);
  }

  listen(lastEventId: string | null, sink: ExchangeSink): () => void {
    const { request } = this.#options.sockets;
    return this.#exchange({ method: 'GET', lastEventId, accept: STREAM, request }, sink);
  }

  /** Ends the session if the instance assigned an id. */
  end(): Promise<void> {
    if (this.#sessionId === null) return Promise.resolve();
    return new Promise((resolve) => {
      const { request } = this.#options.sockets;
      this.#exchange(
        { method: 'DELETE', accept: EITHER, request },
        { onFrame: () => undefined, onOversize: () => {}, onEnd: () => resolve() },
      );
      this.#sessionId = null;
    });
  }

  destroy(): void {
    this.#options.sockets.destroy();
  }

  #exchange(outgoing: Outgoing, sink: ExchangeSink): () => void {
    const { endpoint, maxMessage, onHeard } = this.#options;
    const { method, body, lastEventId = null } = outgoing;
    let over = false;
    let discard: (() => void) | undefined;
    const end = (how: ExchangeEnd) => {
      if (over) return;
      over = true;
      sink.onEnd(how);
    };
    const fail = (error: NodeJS.ErrnoException, resumeAfter: string | null) =>
      end({ kind: 'failed', failure: networkFailure(error, endpoint), lastEventId: resumeAfter });
    const abort = outgoing.request(
      {
        method,
        endpoint,
        headers: this.#headers(outgoing),
        ...(body === undefined ? {} : { body }),
      },
      {
        onSent: () => sink.onSent?.(),
        onWritten: () => sink.onWritten?.(),
        onError: (error) => fail(error, null),
        onResponse: (response) => {
          if (over) {
            response.body.destroy();
            return;
          }
          onHeard();
          this.#noteSession(response.headers);
          discard = () => response.body.destroy();
          const body = decoded(response.body, response.headers['content-encoding']);
          const reading = { maxMessage, lastEventId, sink, onHeard, isOver: () => over, end, fail };
          readResponse({ ...response, body }, reading);
        },
      },
    );
    return () => {
      over = true;
      discard?.();
      abort();
    };
  }

  /** Only the answer to the first request opens a session. An id in a later answer isn't ours. */
  #noteSession(headers: Readonly<Record<string, string | string[] | undefined>>): void {
    if (this.protocolVersion !== null) return;
    const { 'mcp-session-id': assigned, [NONCE_HEADER]: confirmed } = headers;
    if (typeof assigned === 'string') this.#sessionId = assigned;
    if (typeof confirmed === 'string') this.#nonce = confirmed;
  }

  #headers({ method, accept, lastEventId = null }: Outgoing): Record<string, string> {
    const { endpoint, token } = this.#options;
    const headers: Record<string, string> = { host: endpoint.host, accept };
    if (method === 'POST') headers['content-type'] = JSON_ONLY;
    if (token !== null) headers['authorization'] = `Bearer ${token}`;
    if (this.#sessionId !== null) headers['mcp-session-id'] = this.#sessionId;
    if (this.protocolVersion !== null) headers['mcp-protocol-version'] = this.protocolVersion;
    // Node writes headers as Latin-1. This makes it write UTF-8, as browsers do.
    if (lastEventId !== null) {
      headers['last-event-id'] = Buffer.from(lastEventId).toString('latin1');
    }
    return headers;
  }
}
