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
  /** Must be consumed or destroyed. Emits an error if the connection breaks before its end. */
  readonly body: Readable;
}

/** What happens to one request, in this order: `onSent`, `onWritten`, then `onResponse` or `onError`. Each is called at most once. */
export interface HttpHandlers {
  /** There is a connection and the request goes out on it. Before this call nobody can have received it. */
  onSent(): void;
  /** The operating system has taken the whole request. */
  onWritten?(): void;
  onResponse(response: HttpResponse): void;
  /** There is no response: the connection was refused, broke, or was aborted by the caller. */
  onError(error: NodeJS.ErrnoException): void;
}

/**
 * Sends one request, without retries, redirects or a timeout. Returns the abort.
 */
export type HttpRequester = (request: HttpRequest, handlers: HttpHandlers) => () => void;

/** The sockets of one channel. */
export interface HttpSockets {
  readonly request: HttpRequester;
  /** Sends what must not queue behind the requests of `request`. */
  readonly requestAside: HttpRequester;
  /** Closes all sockets. */
  destroy(): void;
}

/** Calls back as soon as `request` has a connection. */
export function onceOnWire(request: ClientRequest, onSent: () => void): void {
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', onSent);
    else onSent();
  });
}

/** The URL of an endpoint with its literal address. */
export function urlOf({ address, port, path }: Endpoint): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}${path}`;
}

/** What a network error means for an instance. */
export function networkFailure(error: NodeJS.ErrnoException, endpoint: Endpoint): Failure {
  const where = `${endpoint.host} (${endpoint.address})`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return { code: 'CONNECTION_REFUSED', message: `nothing listens at ${where}` };
    // Set by the guard.
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
