import type { Socket } from 'node:net';
import type { ConnectionGuard } from '../wire/guarded-agent.ts';
import type { HttpRequester } from '../wire/http-exchange.ts';
import { createNodeRequester } from '../wire/node-requester.ts';

/** The sockets of the hub's own connection to one instance. */
export interface Sockets {
  readonly request: HttpRequester;
  /** For pings: with many instances they are most of what an idle hub does. */
  readonly requestPing: HttpRequester;
  /** Takes a socket that is connected already for the next request. */
  adopt(socket: Socket): void;
  /** Closes all of them. */
  destroy(): void;
}

type Requester = Pick<Sockets, 'request' | 'adopt' | 'destroy'>;

/** As long as got isn't loaded, or can't be. */
let createRequester: (guard: ConnectionGuard) => Requester = (guard) =>
  createNodeRequester({ keepAlive: true, guard });
let loading: Promise<void> | null = null;

/**
 * Loads got, once: before the first connection, since Node remembers an import for which there was no file descriptor as
 * one that fails for ever. A hub without registrations does without. Rejects when it can't be loaded; connections work
 * all the same.
 */
export function loadSockets(): Promise<void> {
  loading ??= import('./got-requester.ts').then(({ createGotRequester }) => {
    createRequester = createGotRequester;
  });
  return loading;
}

/** Sockets to one instance. */
export function openSockets(guard: ConnectionGuard): Sockets {
  const { request, adopt, destroy } = createRequester(guard);
  const pinger = createNodeRequester({ keepAlive: false, guard });
  return {
    request,
    requestPing: pinger.request,
    adopt,
    destroy: () => {
      destroy();
      pinger.destroy();
    },
  };
}
