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

/** got is loaded with the first server that listens: a hub that is started only to be probed does without. */
export async function openSockets(guard: ConnectionGuard): Promise<Sockets> {
  const { createGotRequester } = await import('./got-requester.ts');
  const { request, adopt, destroy } = createGotRequester(guard);
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
