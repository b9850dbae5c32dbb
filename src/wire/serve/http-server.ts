import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errnoOf } from '../../errors.ts';
import { HttpSession, type OpenSession } from './http-session.ts';
import { type Refusal, refuse } from './refusal.ts';
import { initializeIn, invalidRequest, readBody, readMessages } from './request-body.ts';
import { refusalOfMedia, refusalOfMethod, refusalOfVersion } from './request-head.ts';

/** Milliseconds between two looks for sessions that are idle. */
const LOOK = 30_000;

/** Milliseconds that a client has to send a request, head and body. */
const REQUEST_TIMEOUT = 10_000;

const NOT_FOUND: Refusal = { status: 404, message: 'Session not found' };

export interface HttpServerOptions {
  /** Whether a request may come in. One that may not has been answered. */
  readonly gate: { admits(request: IncomingMessage, response: ServerResponse): boolean };
  /** Path of the MCP endpoint. */
  readonly endpoint: string;
  /** Sessions that there may be at once. Further ones are refused (503). */
  readonly maxSessions: number;
  /** Milliseconds after which a session is ended for which nothing is under way: its client has left without a DELETE. */
  readonly sessionIdle: number;
  /** Largest body that is taken from a client, in bytes (413). */
  readonly maxBody: number;
  /** Opens a session. */
  readonly open: OpenSession;
}

/**
 * Serves MCP over Streamable HTTP on loopback. Messages are frames: they are checked, and cross as they came.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  readonly #sessions = new Map<string, HttpSession>();
  #sweeper: NodeJS.Timeout | null = null;

  constructor(options: HttpServerOptions) {
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
      refuse(response, { status: 503, message: 'being stopped' });
      return;
    }
    if (!gate.admits(request, response)) return;
    const refusal = this.#refusalOfHead(request);
    if (refusal !== null) refuse(response, refusal);
    else if (request.method === 'POST') await this.#post(request, response);
    else this.#serve(request, response);
  }

  /** Why a request is refused before its body is read; null: it isn't. */
  #refusalOfHead({ method, url, headers }: IncomingMessage): Refusal | null {
    const { endpoint } = this.#options;
    if (url?.split('?')[0] !== endpoint) {
      return { status: 404, message: `The endpoint is ${endpoint}` };
    }
    const id = headers['mcp-session-id'];
    const isUnknown = id !== undefined && this.#sessionOf(headers) === undefined;
    return refusalOfMethod(method) ?? (isUnknown ? NOT_FOUND : refusalOfMedia(method, headers));
  }

  /** A GET or a DELETE. */
  #serve({ method, headers }: IncomingMessage, response: ServerResponse): void {
    const session = this.#sessionOf(headers);
    const refusal = refusalOfVersion(headers);
    if (session === undefined) refuse(response, notInitialized());
    else if (refusal !== null) refuse(response, refusal);
    else if (method === 'GET') session.listen(response);
    else {
      void session.close();
      response.writeHead(200).end();
    }
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Nothing is reserved for a request before all of it is there.
    const body = await readBody(request, this.#options.maxBody);
    if (body === null) return;
    const messages = typeof body === 'string' ? readMessages(body) : body;
    if ('status' in messages) {
      refuse(response, messages);
      return;
    }
    const { headers } = request;
    const session = this.#sessionOf(headers);
    const isInSession = headers['mcp-session-id'] !== undefined;
    const initialize = initializeIn(messages);
    // It may have ended while the body was read.
    if (isInSession && session === undefined) refuse(response, NOT_FOUND);
    else if (initialize !== null) {
      if (session !== undefined) refuse(response, invalidRequest('Server already initialized'));
      else if (messages.length > 1) {
        refuse(response, invalidRequest('Only one initialization request is allowed'));
      } else
        this.#open(response, (opened) =>
          opened.initialize(initialize, response, this.#options.open),
        );
    } else if (session === undefined) refuse(response, notInitialized());
    else {
      const refusal = refusalOfVersion(headers);
      if (refusal === null) session.post(messages, response);
      else refuse(response, refusal);
    }
  }

  #sessionOf({ 'mcp-session-id': id }: IncomingMessage['headers']): HttpSession | undefined {
    return id === undefined ? undefined : this.#sessions.get(String(id));
  }

  #open(response: ServerResponse, initialize: (session: HttpSession) => void): void {
    const { maxSessions } = this.#options;
    if (this.#sessions.size >= maxSessions) {
      const message = `${maxSessions} sessions are open: no more are opened`;
      refuse(response, { status: 503, message });
      return;
    }
    const session = new HttpSession(() => this.#sessions.delete(session.id));
    this.#sessions.set(session.id, session);
    initialize(session);
  }

  #sweep(): void {
    const now = Date.now();
    for (const session of this.#sessions.values()) {
      if (session.quietFor(now) > this.#options.sessionIdle) void session.close();
    }
  }
}

function notInitialized(): Refusal {
  return { status: 400, message: 'Bad Request: Server not initialized' };
}
