import type http from 'node:http';
import type { Socket } from 'node:net';
import got from 'got';
import { BUDGETS } from '../budgets.ts';
import { type ConnectionGuard, GuardedAgent } from '../wire/guarded-agent.ts';
import { type HttpRequester, onceOnWire, urlOf } from '../wire/http-exchange.ts';

/** How long an idle socket is kept, in milliseconds. Node servers close theirs after 5 s. */
const KEEP_ALIVE = 4_000;

/**
 * Sends requests over got on sockets of their own. `adopt` adds one that is already connected; `destroy` closes them all.
 */
export function createGotRequester(guard: ConnectionGuard): {
  request: HttpRequester;
  adopt: (socket: Socket) => void;
  destroy: () => void;
} {
  const agent = new GuardedAgent(
    { keepAlive: true, timeout: KEEP_ALIVE, maxSockets: BUDGETS.controlSockets.value },
    guard,
  );
  const request: HttpRequester = ({ method, endpoint, headers, body }, handlers) => {
    let aborted = false;
    const stream = got.stream(urlOf(endpoint), {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      agent: { http: agent },
      throwHttpErrors: false,
      retry: { limit: 0 },
      followRedirect: false,
      decompress: false,
    });
    let answered = false;
    stream.once('request', (outgoing: http.ClientRequest) => onceOnWire(outgoing, handlers.onSent));
    stream.once('response', (response: http.IncomingMessage) => {
      answered = true;
      handlers.onResponse({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: stream,
      });
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!answered && !aborted) handlers.onError(error);
    });
    // Without this, got waits for the body of a DELETE.
    if (method === 'DELETE') stream.end();
    return () => {
      aborted = true;
      stream.destroy();
    };
  };
  return {
    request,
    adopt: (socket) => agent.adopt(socket),
    destroy: () => agent.destroy(),
  };
}
