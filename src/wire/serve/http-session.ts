import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { RpcAnswer, RpcMessage, RpcRequest } from '../rpc-message.ts';
import { EventStream, type ReaderListener } from './event-stream.ts';
import { refuse } from './refusal.ts';
import { PostResponse, ServedRequest } from './served-request.ts';

/** Messages without a stream to go out on that are kept for the next one. */
const BACKLOG = 1_000;

/** What serves a session. */
export interface SessionHandlers {
  /** A message of the client, with what answers it if it is a request. */
  onMessage(message: RpcMessage, request: ServedRequest | null): void;
  /** The client doesn't read: nothing more should be sent until {@link SessionHandlers.onDrained}. */
  onBlocked(): void;
  onDrained(): void;
  /** The session is over, and its streams have ended. Resolves when nothing runs for it any more. */
  onClose(): Promise<void>;
}

/** Opens a session by the client's `initialize`, which is answered like any other request. */
export type OpenSession = (session: HttpSession, initialize: ServedRequest) => SessionHandlers;

/**
 * What a message belongs to, and so on which stream it goes out: that of a request, that of the newest request (what a
 * server asks, it asks because of a request), or the standing stream. Where that one isn't open, another is taken.
 */
export type About = ServedRequest | 'newest' | 'standing';

interface Outgoing {
  readonly text: string;
  readonly about: About;
}

/** One MCP session over Streamable HTTP: which message goes out on which response. */
export class HttpSession {
  readonly id = randomUUID();
  readonly #onClosed: () => void;
  readonly #responses = new Set<ServerResponse>();
  /** The requests that are not settled, by id; of one id the oldest first. */
  readonly #requests = new Map<string, ServedRequest[]>();
  readonly #blocked = new Set<EventStream>();
  readonly #streams: ReaderListener = {
    onBlocked: (stream) => this.#block(stream),
    onDrained: (stream) => this.#drained(stream),
  };
  #backlog: Outgoing[] = [];
  #standing: EventStream | null = null;
  #initialize: ServedRequest | null = null;
  #handlers: SessionHandlers | null = null;
  #closed: Promise<void> | null = null;
  #quietSince = Date.now();

  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  /** Milliseconds for which no request and no stream has been open, at `now`. */
  quietFor(now: number): number {
    return this.#responses.size > 0 ? 0 : now - this.#quietSince;
  }

  /** Opens the session by the request that asks for it. */
  initialize(message: RpcRequest, response: ServerResponse, open: OpenSession): void {
    this.#track(response);
    const [initialize] = this.#accept([message], response);
    if (initialize === undefined) return;
    this.#initialize = initialize;
    // Whoever asked has hung up, or was refused: nobody comes back to this session.
    response.once('close', () => {
      if (this.#initialize !== null) void this.close();
    });
    this.#handlers = open(this, initialize);
  }

  /** Takes the messages of a POST. */
  post(messages: readonly RpcMessage[], response: ServerResponse): void {
    this.#track(response);
    const calls = messages.filter((message) => message.kind === 'request');
    const requests = calls.length === 0 ? [] : this.#accept(calls, response);
    if (requests.length === 0) response.writeHead(202).end();
    else this.#flush();
    for (const message of messages) {
      const request = message.kind === 'request' ? requests.shift() : undefined;
      this.#handlers?.onMessage(message, request ?? null);
    }
  }

  /** Makes the response to a GET the standing stream. There is one at a time (409). */
  listen(response: ServerResponse): void {
    if (this.#standing !== null) {
      const message = 'Conflict: Only one SSE stream is allowed per session';
      refuse(response, { status: 409, message });
      return;
    }
    this.#track(response);
    const stream = new EventStream(response, this.id, this.#streams);
    this.#standing = stream;
    response.once('close', () => {
      if (this.#standing === stream) this.#standing = null;
    });
    this.#flush();
  }

  /** Sends what is not an answer. While there is no stream for it, it waits. */
  send(text: string, about: About): void {
    if (this.#closed !== null) return;
    this.#backlog.push({ text, about });
    this.#flush();
  }

  /** Answers the oldest request with the answer's id; nothing happens when there is none. */
  answer({ id, text, isError }: RpcAnswer): void {
    const request = id === null ? undefined : this.#requests.get(id)?.[0];
    if (request === undefined) return;
    if (request === this.#initialize && !isError) this.#initialize = null;
    this.#settle(request, text);
  }

  /** Ends the newest request with this id without an answer, as if it had not been made. */
  cancel(id: string): void {
    const request = this.#requests.get(id)?.at(-1);
    if (request !== undefined) this.#settle(request);
  }

  /** The request that is to be told progress under this token; null when there is none. */
  requestOf(progressToken: string): ServedRequest | null {
    return this.#find((request) => request.progressToken === progressToken);
  }

  /** Ends the session and all its streams. Resolves when nothing runs for it any more. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#standing?.end();
    for (const request of [...this.#requests.values()].flat()) request.settle();
    this.#requests.clear();
    this.#backlog = [];
    this.#onClosed();
    await this.#handlers?.onClose();
  }

  #track(response: ServerResponse): void {
    this.#responses.add(response);
    response.once('close', () => {
      this.#responses.delete(response);
      this.#quietSince = Date.now();
    });
  }

  /** Opens the event stream of a POST, and notes its requests. */
  #accept(calls: readonly RpcRequest[], response: ServerResponse): ServedRequest[] {
    const stream = new EventStream(response, this.id, this.#streams);
    const reply = new PostResponse(stream, calls.length);
    return calls.map((message) => {
      const request = new ServedRequest(message, reply);
      const same = this.#requests.get(message.id);
      if (same === undefined) this.#requests.set(message.id, [request]);
      else same.push(request);
      return request;
    });
  }

  #settle(request: ServedRequest, answer?: string): void {
    const { id } = request.message;
    const others = this.#requests.get(id)?.filter((each) => each !== request) ?? [];
    if (others.length === 0) this.#requests.delete(id);
    else this.#requests.set(id, others);
    request.settle(answer);
  }

  #flush(): void {
    for (;;) {
      const [next] = this.#backlog;
      if (next === undefined) return;
      const stream = this.#streamFor(next.about);
      if (stream === null) {
        if (this.#backlog.length > BACKLOG) this.#backlog.shift();
        return;
      }
      this.#backlog.shift();
      stream.send(next.text);
    }
  }

  #streamFor(about: About): EventStream | null {
    const own = typeof about === 'string' ? null : about.stream;
    const standing = this.#standing;
    if (own !== null) return own;
    return about === 'newest' ? (this.#newest() ?? standing) : (standing ?? this.#newest());
  }

  #newest(): EventStream | null {
    return this.#find((request) => request.stream !== null)?.stream ?? null;
  }

  /** The newest request that fits. */
  #find(fits: (request: ServedRequest) => boolean): ServedRequest | null {
    return [...this.#requests.values()].flat().findLast(fits) ?? null;
  }

  #block(stream: EventStream): void {
    this.#blocked.add(stream);
    if (this.#blocked.size === 1) this.#handlers?.onBlocked();
  }

  #drained(stream: EventStream): void {
    if (this.#blocked.delete(stream) && this.#blocked.size === 0) this.#handlers?.onDrained();
  }
}
