import type { Gate } from '../wire/serve/gate.ts';
import { HttpServer } from '../wire/serve/http-server.ts';
import type { Backends } from './backends.ts';
import { ClientSession } from './client-session.ts';

/** Milliseconds after which an idle session is ended. */
const SESSION_IDLE = 5 * 60_000;

/** Maximum number of sessions. */
const MAX_SESSIONS = 200;

/** Maximum size of a request body, in bytes. */
const MAX_BODY = 64 * 2 ** 20;

export interface HostOptions {
  readonly gate: Gate;
  readonly backends: Backends;
}

/** An HTTP server that serves a stdio server at `/mcp` on loopback. */
export function createHost({ gate, backends }: HostOptions): HttpServer {
  const { nonce } = gate;
  return new HttpServer({
    gate,
    endpoint: '/mcp',
    maxSessions: MAX_SESSIONS,
    sessionIdle: SESSION_IDLE,
    maxBody: MAX_BODY,
    open: (session, initialize) => new ClientSession(session, initialize, { backends, nonce }),
  });
}
