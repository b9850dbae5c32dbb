import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { posix } from 'node:path';
import type { Gate } from './gate.ts';

/** What stands before the endpoint of a server now. */
interface Guarded {
  gate: Gate | null;
  endpoint: string;
}

const gates = new WeakMap<Server, Guarded>();

/** Whether a router may take a URL for the endpoint or what is below it; the loosest of them decides. */
function leadsTo(url: string, endpoint: string): boolean {
  try {
    const gated = plain(endpoint).replace(/\/$/, '');
    // To some, `//x` at the start is a host.
    return [url, url.replace(/^\/+/, '/')].map(plain).some((path) => {
      return path === gated || path.startsWith(`${gated}/`);
    });
  } catch {
    return true;
  }
}

/** A path without what routers overlook. Throws for what is no URL. */
function plain(url: string): string {
  const { pathname } = new URL(url, 'http://localhost');
  const [path = ''] = decodeURIComponent(pathname).split(';');
  return posix.normalize(path.toLowerCase().replace(/[/\\]+/g, '/'));
}

/** Puts a gate before the endpoint. Listeners may still be added: none of them sees a request that is turned away. */
export function guard(server: Server, endpoint: string, gate: Gate): void {
  const known = gates.get(server);
  if (known !== undefined) {
    Object.assign(known, { gate, endpoint });
    return;
  }
  const guarded: Guarded = { gate, endpoint };
  gates.set(server, guarded);
  const emit = server.emit;
  const isTurnedAway = (request: unknown, response: unknown) => {
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
      isTurnedAway(args[0], args[1]) || Reflect.apply(emit, server, [event, ...args]),
  });
}

/** Takes a gate away, unless there is another by now. */
export function unguard(server: Server, gate: Gate): void {
  const guarded = gates.get(server);
  if (guarded?.gate === gate) guarded.gate = null;
}
