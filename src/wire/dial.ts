import net from 'node:net';
import type { Endpoint, Failure } from '../../machines/model.ts';
import { CLOSED } from './exchange-error.ts';
import { networkFailure } from './http-exchange.ts';

/**
 * Connects to an endpoint and sends nothing, so that a port that refuses costs one packet and no HTTP client. Calls back
 * once, with the connected socket or the failure. Returns the abort, after which the outcome is a failure.
 */
export function dial(
  endpoint: Endpoint,
  onOutcome: (outcome: net.Socket | Failure) => void,
): () => void {
  const socket = net.connect({
    host: endpoint.address,
    port: endpoint.port,
    keepAlive: true,
    noDelay: true,
  });
  let over = false;
  const settle = (outcome: net.Socket | Failure) => {
    if (over) return;
    over = true;
    onOutcome(outcome);
  };
  socket.once('connect', () => settle(socket));
  // Stays in place: the connection may break before anybody uses it.
  socket.on('error', (error) => settle(networkFailure(error, endpoint)));
  return () => {
    if (over) return;
    socket.destroy();
    settle(CLOSED);
  };
}
