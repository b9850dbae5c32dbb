import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { posix } from 'node:path';
import type { Gate } from './gate.ts';

/** The endpoint of a server, and the gate before it. */
interface Guarded {
  gate: Gate | null;
  endpoint: string;
}

const gates = new WeakMap<Server, Guarded>();

/** Whether any router might take a URL for the endpoint or a path below it: the most lenient one decides. */
function leadsTo(url: string, endpoint: string): boolean {
  try {
    const gated = plain(endpoint).replace(/\/$/, '');
    // Some take `//x` at the start for a host.
    return [url, url.replace(/^\/+/, '/')].map(plain).some((path) => {
      return path === gated || path.startsWith(`${gated}/`);
    });
  } catch {
    return true;
  }
}

/** A path without the differences that some routers ignore. Throws when it is no URL. */
function plain(url: string): string {
  const { pathname } = new URL(url, 'http://localhost');
  const [path = ''] = decodeURIComponent(pathname).split(';');
  return posix.normalize(path.toLowerCase().replace(/[/\\]+/g, '/'));
}

/** Puts a gate before the endpoint. No listener, whenever it was added, sees a request that is refused. */
export function guard(server: Server, endpoint: string, gate: Gate): void {
  const known = gates.get(server);
  if (known !== undefined) {
    Object.assign(known, { gate, endpoint });
    return;
  }
  const guarded: Guarded = { gate, endpoint };
  gates.set(server, guarded);
  const emit = server.emit;
  const isRefused = (request: unknown, response: unknown) => {
    if (!(request instanceof IncomingMessage && response instanceof ServerResponse)) return false;
    return (
      leadsTo(request.url ?? '/', guarded.endpoint) &&
      guarded.gate?.admits(request, response) === false
    );
  };
  Object.defineProperty(server, 'emit', {
    configurable: true,
    writable: true,
    value: (event: string | symbol, ...args: unknown[]): boolean =>
      isRefused(args[0], args[1]) || Reflect.apply(emit, server, [event, ...args]),
  });
}

/** Removes the gate, unless another one has replaced it. */
export function unguard(server: Server, gate: Gate): void {
  const guarded = gates.get(server);
  if (guarded?.gate === gate) guarded.gate = null;
}
