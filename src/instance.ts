import { Server } from 'node:http';
import { resolve } from 'node:path';
import { atExit } from './hosting/at-exit.ts';
import { announcementDirectory } from './paths.ts';
import { announce } from './registration/announce.ts';
import { Gate } from './wire/serve/gate.ts';
import { guard, unguard } from './wire/serve/guard.ts';

/** Options of {@link registerInstance}. */
export interface InstanceOptions {
  /** Display name. If a running instance already has this name, the new one is called `NAME-2`. */
  readonly name: string;
  /** A listening HTTP server, bound to 127.0.0.1, ::1, or all addresses. */
  readonly server: Server;
  /**
   * Path of the MCP endpoint.
   * @defaultValue `/mcp`
   */
  readonly endpoint?: string;
  /**
   * Directory of the project. Agents that work in it are connected automatically.
   * @defaultValue the working directory
   */
  readonly path?: string;
  /**
   * 1 to 128 characters of `A-Za-z0-9._-`. Replaces an existing registration with the same id.
   * @defaultValue derived from the name
   */
  readonly id?: string;
  /**
   * Whether requests need a token. It is generated, and written to the registration file, which only this user can read.
   * @defaultValue false
   */
  readonly token?: boolean;
  /**
   * Directory of the registration file.
   * @defaultValue the first directory in `SIGNALBOX_INSTANCES_DIR`, otherwise the user's own directory
   */
  readonly directory?: string;
}

/** A registered instance. */
export interface RegisteredInstance {
  readonly id: string;
  readonly name: string;
  readonly port: number;
  /** The registration file. */
  readonly file: string;
  /** The token that requests need, or null. */
  readonly token: string | null;
  /** Removes the file immediately and stops checking requests. May be called more than once. Never throws. */
  unregister(): void;
}

/**
 * Registers an MCP server of this process, so that all hubs of this user find it. Call it once the HTTP server listens.
 *
 * From then on, requests to the endpoint are checked before other listeners see them: `Host` and `Origin` must be loopback
 * (403), and the token, if there is one, must match (401). A response header confirms the identity of this process.
 *
 * The file is removed when the HTTP server closes and when the process ends: normally, by an exception, or by a signal that
 * can be caught. The signal keeps its effect. Throws if `server` is not an `http.Server`, if it doesn't listen on
 * loopback, if hubs would refuse a value, or if the file can't be written to a directory that hubs trust.
 *
 * @example
 * ```ts
 * server.listen(0, '127.0.0.1', () => registerInstance({ name: 'clock', server }));
 * ```
 */
export function registerInstance(options: InstanceOptions): RegisteredInstance {
  const { name, server, endpoint = '/mcp', path = '.', id, directory } = options;
  const port = portOf(server);
  if (!endpoint.startsWith('/'))
    throw new Error(`registerInstance: "endpoint" must start with /, not ${endpoint}.`);
  const gate = new Gate({ asksForToken: options.token === true });
  const place = directory === undefined ? announcementDirectory() : { directory, isNamed: true };
  const announcement = {
    ...(id === undefined ? {} : { id }),
    name,
    path: resolve(path),
    port,
    ...(endpoint === '/mcp' ? {} : { url: `http://localhost:${port}${endpoint}` }),
    pid: process.pid,
    ...gate.secrets,
  };
  const { remove, ...known } = announce(resolve(place.directory), announcement, place);
  guard(server, endpoint, gate);
  const forget = atExit(remove);
  const unregister = () => {
    remove();
    forget();
    server.off('close', unregister);
    unguard(server, gate);
  };
  server.once('close', unregister);
  return { ...known, port, token: gate.token, unregister };
}

/** Describes a value in an error message. Callers in plain JavaScript can pass anything. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const name = typeof value === 'object' ? value.constructor?.name : null;
  return name ? `an object of class ${name}` : `a value of type ${typeof value}`;
}

function portOf(server: unknown): number {
  if (!(server instanceof Server)) {
    throw new TypeError(
      `registerInstance: "server" must be a listening http.Server (as returned by createServer() of node:http or listen() of Express), not ${describe(server)}.`,
    );
  }
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error(
      'registerInstance: the server is not listening on a port yet. Call registerInstance in the callback of listen().',
    );
  }
  if (!/^(127\.0\.0\.1|::1|::|0\.0\.0\.0)$/.test(address.address)) {
    throw new Error(
      `registerInstance: the server listens on ${address.address}, where hubs can't reach it. Listen on 127.0.0.1.`,
    );
  }
  return address.port;
}
