import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Endpoint, Failure } from '../../machines/model.ts';

/** One HTTP request to an instance. */
export interface HttpRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly endpoint: Endpoint;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Must be consumed or destroyed. Errors when the connection breaks before its end. */
  readonly body: Readable;
}

/** What happens to one request, in this order: `onSent`, `onWritten`, then `onResponse` or `onError`, each once at most. */
export interface HttpHandlers {
  /** There is a connection and the request goes out on it; before that, nobody can have taken it. */
  onSent(): void;
  /** All of the request is with the operating system. */
  onWritten?(): void;
  onResponse(response: HttpResponse): void;
  /** No response came: refused, broken, or aborted by the caller. */
  onError(error: NodeJS.ErrnoException): void;
}

/**
 * Sends one request: never twice, never to another address (no retry, no redirect), with no timeout of its own.
 * Returns the function that aborts it.
 */
export type HttpRequester = (request: HttpRequest, handlers: HttpHandlers) => () => void;

/** Calls back as soon as `request` has a connection to go out on. */
export function onceOnWire(request: ClientRequest, onSent: () => void): void {
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', onSent);
    else onSent();
  });
}

/** The URL of an endpoint, by literal address. */
export function urlOf({ address, port, path }: Endpoint): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}${path}`;
}

/** What a network error means for an instance. */
export function networkFailure(error: NodeJS.ErrnoException, endpoint: Endpoint): Failure {
  const where = `${endpoint.host} (${endpoint.address})`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return { code: 'CONNECTION_REFUSED', message: `nothing listens at ${where}` };
    // Of the guard before a new connection.
    case 'PROCESS_GONE':
    case 'SUPERSEDED':
      return { code: error.code, message: error.message };
    case 'EMFILE':
    case 'ENFILE':
      return {
        code: 'OUT_OF_DESCRIPTORS',
        message: `the hub has no file descriptor left for a connection (${error.code}, see ulimit -n)`,
      };
    default:
      return { code: 'CONNECTION_LOST', message: `connection to ${where} broke: ${error.message}` };
  }
}
