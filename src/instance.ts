import { randomBytes } from 'node:crypto';
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { delimiter, posix, resolve } from 'node:path';
import { onExit } from 'signal-exit';
import { Gate } from './hosting/gate.ts';
import { ownInstancesDirectory } from './paths.ts';
import { announce } from './registration/announce.ts';

/** What is registered. */
export interface InstanceOptions {
  /** What people call it. An instance of that name that runs already leaves it `NAME-2`. */
  readonly name: string;
  /** An HTTP server that listens, on a port of 127.0.0.1, of ::1, or of all addresses. */
  readonly server: Server;
  /**
   * Path of the MCP endpoint.
   * @defaultValue `/mcp`
   */
  readonly endpoint?: string;
  /**
   * Directory of the project: agents at work in it are connected by themselves.
   * @defaultValue the working directory
   */
  readonly path?: string;
  /**
   * 1 to 128 of `A-Za-z0-9._-`. A registration that has it is replaced.
   * @defaultValue made of the name
   */
  readonly id?: string;
  /**
   * Whether requests must bear a token, which is made anew and stands in the registration file, for this user's eyes only.
   * @defaultValue false
   */
  readonly token?: boolean;
  /**
   * Where the file is written.
   * @defaultValue the first of `SIGNALBOX_INSTANCES_DIR`, otherwise this user's own directory
   */
  readonly directory?: string;
}

/** A registration that has been made. */
export interface RegisteredInstance {
  readonly id: string;
  readonly name: string;
  readonly port: number;
  /** The registration file. */
  readonly file: string;
  /** What requests must bear, or null. */
  readonly token: string | null;
  /** Takes the file back, at once, and no longer checks requests. More than once is fine. Never throws. */
  unregister(): void;
}

const gates = new WeakMap<Server, { gate: Gate | null; endpoint: string }>();

/**
 * Registers an MCP server of this process, so that every hub of this user finds it. Call it when the HTTP server listens.
 *
 * From then on requests to the endpoint are checked before anybody else sees them: `Host` and `Origin` must be loopback, and
 * the token right if there is one (403, 401). Answers confirm by a header that this is the process that was registered.
 *
 * The file is removed when the HTTP server closes and when the process ends, by itself, by an exception or by a signal that
 * can be heard; the signal does what it did before. Throws when the server doesn't listen on loopback, when a value would be
 * refused by hubs, or when the file can't be written.
 *
 * @example
 * ```ts
 * server.listen(0, '127.0.0.1', () => registerInstance({ name: 'clock', server }));
 * ```
 */
export function registerInstance(options: InstanceOptions): RegisteredInstance {
  const { name, server, endpoint = '/mcp', path = '.', id, directory } = options;
  const port = portOf(server);
  if (!endpoint.startsWith('/')) throw new Error(`The endpoint ${endpoint} must begin with /.`);
  const nonce = randomBytes(16).toString('base64url');
  const token = options.token === true ? randomBytes(24).toString('base64url') : null;
  const { remove, ...known } = announce(resolve(directory ?? defaultDirectory()), {
    ...(id === undefined ? {} : { id }),
    name,
    path: resolve(path),
    port,
    ...(endpoint === '/mcp' ? {} : { url: `http://localhost:${port}${endpoint}` }),
    pid: process.pid,
    nonce,
    ...(token === null ? {} : { token }),
  });
  const gate = new Gate({ token, nonce });
  guard(server, endpoint, gate);
  const forget = onExit(remove);
  const unregister = () => {
    remove();
    forget();
    process.off('beforeExit', remove);
    server.off('close', unregister);
    const guarded = gates.get(server);
    // Unless it was registered anew since.
    if (guarded?.gate === gate) guarded.gate = null;
  };
  process.once('beforeExit', remove);
  server.once('close', unregister);
  return { ...known, port, token, unregister };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The server does not listen on a port yet: register it when it does.');
  }
  if (!/^(127\.0\.0\.1|::1|::|0\.0\.0\.0)$/.test(address.address)) {
    throw new Error(`The server listens on ${address.address}, where hubs don't look: 127.0.0.1.`);
  }
  return address.port;
}

function defaultDirectory(): string {
  const [first] = (process.env['SIGNALBOX_INSTANCES_DIR'] ?? '').split(delimiter).filter(Boolean);
  return first ?? ownInstancesDirectory();
}

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
function guard(server: Server, endpoint: string, gate: Gate): void {
  const known = gates.get(server);
  if (known !== undefined) {
    Object.assign(known, { gate, endpoint });
    return;
  }
  const guarded: { gate: Gate | null; endpoint: string } = { gate, endpoint };
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
