import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errnoOf } from '../errors.ts';
import type { Backends } from './backends.ts';
import { type Gate, refuse } from './gate.ts';
import { readBody } from './request-body.ts';
import { Session } from './session.ts';

/** Milliseconds after which a session is ended for which nothing is under way: its client has gone without a goodbye. */
const QUIET = 5 * 60_000;

/** Milliseconds between two looks for such sessions. */
const LOOK = 30_000;

/** Sessions that there may be at once. */
const MOST = 200;

/** Milliseconds that a client has to send a request, head and body. */
const REQUEST_TIMEOUT = 10_000;

export interface HostOptions {
  readonly gate: Gate;
  readonly backends: Backends;
}

/** Serves a stdio server over Streamable HTTP at `/mcp` on loopback. */
export class Host {
  readonly #options: HostOptions;
  readonly #server: Server;
  readonly #sessions = new Map<string, Session>();
  /** Requests that may open one more. */
  #opening = 0;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(options: HostOptions) {
    this.#options = options;
    const limits = {
      requestTimeout: REQUEST_TIMEOUT,
      headersTimeout: REQUEST_TIMEOUT,
      connectionsCheckingInterval: REQUEST_TIMEOUT / 10,
    };
    this.#server = createServer(limits, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on('clientError', (_, socket) => socket.destroy());
  }

  /** Resolves with the port when it listens; 0 asks for any that is free. Rejects when it can't be had. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error) =>
        reject(errnoOf(error) === 'EADDRINUSE' ? new Error(`port ${port} is taken`) : error);
      this.#server.once('error', fail).listen(port, '127.0.0.1', resolve);
    });
    this.#sweeper = setInterval(() => this.#sweep(), LOOK).unref();
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Ends all sessions. Resolves when nothing runs for them any more. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper ?? undefined);
    this.#server.close();
    await Promise.all(Array.from(this.#sessions.values(), (session) => session.close()));
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { gate } = this.#options;
    if (!this.#server.listening) {
      refuse(response, 503, 'being stopped');
      return;
    }
    if (!gate.admits(request, response)) return;
    if (request.url?.split('?')[0] !== '/mcp') {
      refuse(response, 404, 'The endpoint is /mcp');
      return;
    }
    // Nothing is reserved for a request before all of it is there.
    const body = request.method === 'POST' ? await readBody(request, response) : undefined;
    if (request.method === 'POST' && body === undefined) return;
    const id = request.headers['mcp-session-id'];
    const session = id === undefined ? this.#open(response) : this.#sessions.get(String(id));
    if (session === null) refuse(response, 503, `${MOST} sessions are open: no more are opened`);
    else if (session === undefined) refuse(response, 404, 'Session not found');
    else await session.handle(request, response, body);
  }

  /** A session for a request without one; null when there are too many. */
  #open(response: ServerResponse): Session | null {
    if (this.#sessions.size + this.#opening >= MOST) return null;
    this.#opening += 1;
    response.once('close', () => {
      this.#opening -= 1;
    });
    const { gate, backends } = this.#options;
    return new Session({
      id: randomUUID(),
      backends,
      nonce: gate.nonce,
      onOpen: (opened) => this.#sessions.set(opened.id, opened),
      onClosed: (closed) => this.#sessions.delete(closed.id),
    });
  }

  #sweep(): void {
    for (const session of this.#sessions.values()) {
      if (session.quietFor(Date.now()) > QUIET) void session.close();
    }
  }
}
