import http from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionGuard, GuardedAgent } from './guarded-agent.ts';
import { type HttpRequester, onceOnWire } from './http-exchange.ts';

/**
 * The instance may have closed a socket that was idle for this many milliseconds without the hub knowing yet. What is sent
 * on such a socket is lost.
 */
const DOUBTFUL = 10;

/** How long an idle socket is kept, in milliseconds. Node servers close theirs after 5 s. */
const KEEP_ALIVE = 4_000;

export interface NodeRequesterOptions {
  readonly keepAlive: boolean;
  /** Requests beyond this number wait for a socket. Default: no limit. */
  readonly maxSockets?: number;
  readonly guard: ConnectionGuard;
}

/**
 * Sends requests over node:http on sockets of their own; `destroy` closes these. Don't use `keepAlive` for requests that are
 * further apart than the time for which servers keep an idle socket.
 */
export function createNodeRequester({
  keepAlive,
  maxSockets = Infinity,
  guard,
}: NodeRequesterOptions): {
  request: HttpRequester;
  /** Uses a socket that is already connected for the next request. */
  adopt: (socket: Socket) => void;
  destroy: () => void;
} {
  const agent = new GuardedAgent(
    keepAlive ? { keepAlive, maxSockets, timeout: KEEP_ALIVE } : { maxSockets },
    guard,
  );
  let usedAt = Number.NEGATIVE_INFINITY;
  const send: HttpRequester = ({ method, endpoint, headers, body }, handlers) => {
    let settled = false;
    usedAt = performance.now();
    const outgoing = http.request({
      method,
      host: endpoint.address,
      port: endpoint.port,
      path: endpoint.path,
      headers:
        body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
      agent,
    });
    onceOnWire(outgoing, handlers.onSent);
    outgoing.once('response', (response) => {
      settled = true;
      usedAt = performance.now();
      handlers.onResponse({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: response,
      });
    });
    outgoing.on('error', (error) => {
      if (settled) return;
      settled = true;
      handlers.onError(error);
    });
    outgoing.end(body, handlers.onWritten);
    return () => {
      settled = true;
      outgoing.destroy();
    };
  };
  const request: HttpRequester = (asked, handlers) => {
    if (!keepAlive || performance.now() - usedAt < DOUBTFUL) return send(asked, handlers);
    let abort: (() => void) | null = null;
    let isAborted = false;
    afterNextPoll(() => {
      if (!isAborted) abort = send(asked, handlers);
    });
    return () => {
      isAborted = true;
      abort?.();
    };
  };
  return {
    request,
    adopt: (socket) => agent.adopt(socket),
    destroy: () => agent.destroy(),
  };
}

/** Calls back when all events that are pending in the operating system have been handled. */
function afterNextPoll(call: () => void): void {
  setImmediate(() => setImmediate(call));
}
