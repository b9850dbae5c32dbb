import { Server } from 'node:http';
import { resolve } from 'node:path';
import { atExit } from './hosting/at-exit.ts';
import { announcementDirectory } from './paths.ts';
import { announce } from './registration/announce.ts';
import { Gate } from './wire/serve/gate.ts';
import { guard, unguard } from './wire/serve/guard.ts';

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

/**
 * Registers an MCP server of this process, so that every hub of this user finds it. Call it when the HTTP server listens.
 *
 * From then on requests to the endpoint are checked before anybody else sees them: `Host` and `Origin` must be loopback, and
 * the token right if there is one (403, 401). Answers confirm by a header that this is the process that was registered.
 *
 * The file is removed when the HTTP server closes and when the process ends, by itself, by an exception or by a signal that
 * can be heard; the signal does what it did before. Throws when `server` is no `http.Server`, when it doesn't listen on
 * loopback, when a value would be refused by hubs, or when the file can't be written where hubs trust it.
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

/** What was handed in, for people: plain JavaScript hands in anything. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const name = typeof value === 'object' ? value.constructor?.name : null;
  return name ? `an object of class ${name}` : `a value of type ${typeof value}`;
}

function portOf(server: unknown): number {
  if (!(server instanceof Server)) {
    throw new TypeError(
      `registerInstance: "server" must be an http.Server that listens (what createServer() of node:http or listen() of Express returns), not ${describe(server)}.`,
    );
  }
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The server does not listen on a port yet: register it when it does.');
  }
  if (!/^(127\.0\.0\.1|::1|::|0\.0\.0\.0)$/.test(address.address)) {
    throw new Error(`The server listens on ${address.address}, where hubs don't look: 127.0.0.1.`);
  }
  return address.port;
}
