import type { Socket } from 'node:net';
import type { ConnectionGuard } from '../wire/guarded-agent.ts';
import type { HttpRequester, HttpSockets } from '../wire/http-exchange.ts';
import { createNodeRequester } from '../wire/node-requester.ts';

interface Requester {
  readonly request: HttpRequester;
  adopt(socket: Socket): void;
  destroy(): void;
}

/** Used until got is loaded, or if it can't be. */
let createRequester: (guard: ConnectionGuard) => Requester = (guard) =>
  createNodeRequester({ keepAlive: true, guard });
let loading: Promise<void> | null = null;

/**
 * Loads got, once. Until an instance accepts a connection the hub does without it. Rejects when got can't be loaded;
 * connections work all the same.
 */
export function loadSockets(): Promise<void> {
  loading ??= import('./got-requester.ts').then(({ createGotRequester }) => {
    createRequester = createGotRequester;
  });
  return loading;
}

/**
 * The sockets of the hub's own connection to one instance, beginning with one that is connected already. Pings go aside:
 * each has a socket of its own, because servers close an idle one at about the time of the next ping.
 */
export function openSockets(guard: ConnectionGuard, connected: Socket): HttpSockets {
  const { request, adopt, destroy } = createRequester(guard);
  adopt(connected);
  const pinger = createNodeRequester({ keepAlive: false, guard });
  return {
    request,
    requestAside: pinger.request,
    destroy: () => {
      destroy();
      pinger.destroy();
    },
  };
}
