import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { NONCE_KEY } from '../wire/nonce.ts';
import type { Backend, Backends } from './backends.ts';
import { errorAnswer } from './message.ts';

/** Messages without a stream to go out on that are kept for the next one. */
const BACKLOG = 1_000;

export interface SessionOptions {
  readonly id: string;
  readonly backends: Backends;
  /** What is confirmed in the answer to `initialize`. */
  readonly nonce: string;
  /** The client has initialized: requests with the id are this session's. */
  onOpen(session: Session): void;
  onClosed(session: Session): void;
}

/**
 * One MCP session over Streamable HTTP, carried to its backend and back. stdio has one stream and HTTP has
 * many: what the server says goes out with the request that it belongs to, otherwise on the standing stream.
 */
export class Session {
  readonly id: string;
  readonly #options: SessionOptions;
  readonly #transport: StreamableHTTPServerTransport;
  readonly #pending = new Map<RequestId, string | number | null>();
  #backend: Backend | null = null;
  #leaving: Promise<void> = Promise.resolve();
  #initializing: RequestId | null = null;
  #isInitialized = false;
  #standing = 0;
  readonly #responses = new Set<ServerResponse>();
  /** Those whose client doesn't read, each with the end of the patience with it. */
  readonly #held = new Map<ServerResponse, NodeJS.Timeout | undefined>();
  #quietSince = Date.now();
  #backlog: JSONRPCMessage[] = [];

  constructor(options: SessionOptions) {
    const { id } = options;
    this.id = id;
    this.#options = options;
    this.#transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessioninitialized: () => options.onOpen(this),
    });
    this.#transport.onmessage = (message) => this.#receive(message);
    this.#transport.onclose = () => this.#close();
  }

  /** Milliseconds for which nothing was under way, at `now`. */
  quietFor(now: number): number {
    return this.#responses.size > 0 ? 0 : now - this.#quietSince;
  }

  /** Answers one HTTP request of the session; `body` is what it says, parsed. */
  async handle(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
    this.#responses.add(response);
    const opens = request.headers['mcp-session-id'] === undefined;
    response.once('close', () => {
      this.#responses.delete(response);
      this.#quietSince = Date.now();
      // Who opened it has hung up, or was told no: nobody comes back to it.
      if (opens && !this.#isInitialized) void this.close();
    });
    const handled = this.#transport.handleRequest(request, response, body);
    if (request.method === 'GET') this.#awaitStream(response);
    await handled;
  }

  /** Nobody tells when the transport has a stream to send on; it has when the head of the response is sent. */
  #awaitStream(response: ServerResponse): void {
    if (response.closed) return;
    if (!response.headersSent) {
      setImmediate(() => this.#awaitStream(response));
      return;
    }
    if (response.statusCode !== 200) return;
    this.#standing += 1;
    response.once('close', () => {
      this.#standing -= 1;
    });
    this.#flush();
  }

  /** Ends the session. Resolves when nothing runs for it any more. */
  async close(): Promise<void> {
    await this.#transport.close();
    await this.#leaving;
  }

  #receive(message: JSONRPCMessage): void {
    if ('method' in message && 'id' in message) {
      this.#pending.set(message.id, message.params?._meta?.progressToken ?? null);
      if (message.method === 'initialize' && this.#backend === null) {
        this.#initializing = message.id;
        this.#backend = this.#options.backends.open(message, {
          onMessage: (said) => this.#say(said),
          onEnd: (lastWords) => this.#end(lastWords),
        });
        return;
      }
      this.#flush();
    } else if ('method' in message && message.method === 'notifications/cancelled') {
      const cancelled = message.params?.['requestId'];
      if (typeof cancelled === 'string' || typeof cancelled === 'number') {
        this.#forget(cancelled);
      }
    }
    this.#backend?.send(message);
  }

  /** A cancelled request is not answered, and its stream is over. */
  #forget(id: RequestId): void {
    if (!this.#pending.delete(id)) return;
    this.#transport.closeSSEStream(id);
    // Goes nowhere: only by an answer does the transport forget the request, too.
    this.#send(errorAnswer(id, 'cancelled'));
  }

  /** What the server says. */
  #say(message: JSONRPCMessage): void {
    if ('method' in message) {
      this.#backlog.push(message);
      this.#flush();
      return;
    }
    const { id } = message;
    // Of a request that was cancelled or never made: nobody waits for it.
    if (id === undefined || !this.#pending.delete(id)) return;
    const isFirst = id === this.#initializing;
    if (isFirst) {
      this.#initializing = null;
      this.#isInitialized = 'result' in message;
    }
    this.#send(isFirst ? this.#confirmed(message) : message);
  }

  /** Sends what is not an answer, once there is a stream for it. */
  #flush(): void {
    while (this.#backlog.length > 0) {
      const [message] = this.#backlog;
      if (message === undefined) return;
      const related = this.#relatedTo(message);
      if (related === null && this.#standing === 0) {
        if (this.#backlog.length > BACKLOG) this.#backlog.shift();
        return;
      }
      this.#backlog.shift();
      this.#send(message, related);
    }
  }

  /** The request with whose answer a message goes out; null: the standing stream. */
  #relatedTo(message: JSONRPCMessage): RequestId | null {
    if (!('method' in message)) return null;
    const token = message.params?.['progressToken'];
    for (const [id, progressToken] of this.#pending) {
      if (token !== undefined && token === progressToken) return id;
    }
    // What a server asks, it asks because of a request.
    if (!('id' in message) && this.#standing > 0) return null;
    return [...this.#pending.keys()].at(-1) ?? null;
  }

  #send(message: JSONRPCMessage, related: RequestId | null = null): void {
    const options = related === null ? {} : { relatedRequestId: related };
    this.#transport.send(message, options).catch(() => {
      // Who asked has hung up.
    });
    for (const response of this.#responses) if (response.writableNeedDrain) this.#hold(response);
  }

  /** What the client doesn't read must not pile up here: the server waits, as it would for a slow reader of its pipe. */
  #hold(response: ServerResponse): void {
    const backend = this.#backend;
    if (backend === null || this.#held.has(response)) return;
    const patience = backend.patience;
    const end = () => void this.#transport.close();
    this.#held.set(response, patience === null ? undefined : setTimeout(end, patience));
    backend.pause();
    const goOn = () => {
      response.off('drain', goOn);
      response.off('close', goOn);
      clearTimeout(this.#held.get(response));
      if (this.#held.delete(response) && this.#held.size === 0) backend.resume();
    };
    response.on('drain', goOn);
    response.on('close', goOn);
  }

  #confirmed(message: JSONRPCMessage): JSONRPCMessage {
    if (!('result' in message)) return message;
    const { result } = message;
    const _meta = { ...result._meta, [NONCE_KEY]: this.#options.nonce };
    return { ...message, result: { ...result, _meta } };
  }

  /** The server has gone. Streams end without an answer, but for who waits to hear whether there is a server at all. */
  #end(lastWords: string): void {
    const id = this.#initializing;
    if (id !== null && this.#pending.delete(id)) {
      this.#send(errorAnswer(id, lastWords));
    }
    this.#backend = null;
    setImmediate(() => void this.#transport.close());
  }

  #close(): void {
    this.#leaving = this.#backend?.leave() ?? Promise.resolve();
    this.#backend = null;
    this.#options.onClosed(this);
  }
}
