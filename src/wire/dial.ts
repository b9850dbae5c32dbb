import net from 'node:net';
import type { Endpoint } from '../../machines/model.ts';
import { networkFailure } from './http-exchange.ts';
import { ExchangeError } from './rpc-client.ts';

/**
 * Connects to an endpoint, and sends nothing: that nobody listens is found out for the price of one packet. Rejects with
 * {@link ExchangeError}. `signal` ends it.
 */
export function dial(endpoint: Endpoint, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: endpoint.address,
      port: endpoint.port,
      keepAlive: true,
      noDelay: true,
    });
    const abandon = () => socket.destroy(new Error('given up'));
    const settle = () => signal.removeEventListener('abort', abandon);
    signal.addEventListener('abort', abandon);
    socket.once('connect', () => {
      settle();
      socket.off('error', fail);
      resolve(socket);
    });
    const fail = (error: NodeJS.ErrnoException) => {
      settle();
      reject(new ExchangeError(networkFailure(error, endpoint)));
    };
    socket.once('error', fail);
    if (signal.aborted) abandon();
  });
}
