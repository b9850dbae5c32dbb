import type http from 'node:http';
import type { Socket } from 'node:net';
import got from 'got';
import { BUDGETS } from '../budgets.ts';
import { type ConnectionGuard, GuardedAgent } from '../wire/guarded-agent.ts';
import { type HttpRequester, onceOnWire, urlOf } from '../wire/http-exchange.ts';

/** How long an idle socket is kept, in milliseconds: less than the 5 s after which Node servers close theirs. */
const KEEP_ALIVE = 4_000;

/**
 * Requests over got with sockets of their own. `adopt` gives it one that is connected already; `destroy` closes them
 * all.
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
    // got waits for the body of a DELETE until it is told that there is none.
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
