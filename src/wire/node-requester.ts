import http from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionGuard, GuardedAgent } from './guarded-agent.ts';
import { type HttpRequester, onceOnWire } from './http-exchange.ts';

/**
 * A socket that was idle for so many milliseconds may have been closed by the instance, and the hub not have heard of it
 * yet: what is sent on it would be lost.
 */
const DOUBTFUL = 10;

/** How long an idle socket is kept, in milliseconds: less than the 5 s after which Node servers close theirs. */
const KEEP_ALIVE = 4_000;

export interface NodeRequesterOptions {
  readonly keepAlive: boolean;
  /** Requests beyond so many wait for a socket. No limit unless told. */
  readonly maxSockets?: number;
  readonly guard: ConnectionGuard;
}

/**
 * Requests over node:http with sockets of their own: traffic goes the shortest way there is. `destroy` closes them all.
 * What is sent more seldom than servers keep an idle socket does better without `keepAlive`.
 */
export function createNodeRequester({
  keepAlive,
  maxSockets = Infinity,
  guard,
}: NodeRequesterOptions): {
  request: HttpRequester;
  /** Takes a socket that is connected already for the next request. */
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

/** Calls back once everything that the system has to tell now has been heard. */
function afterNextPoll(call: () => void): void {
  setImmediate(() => setImmediate(call));
}
