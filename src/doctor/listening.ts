import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Registration } from '../../machines/model.ts';
import { errnoOf } from '../errors.ts';
import { isLoopback } from '../registration/loopback.ts';
import { endpointsOf } from '../wire/endpoint.ts';

/** Milliseconds after which an address that says nothing counts as one that is taken. */
const PATIENCE = 1_000;

/**
 * Whether it is certain that nothing listens where the registration says: every loopback address refuses. Of other
 * machines nothing is certain, and they are not asked. Never rejects.
 */
export async function nothingListens(
  registration: Pick<Registration, 'port' | 'url'>,
): Promise<boolean> {
  const { url } = registration;
  if (url !== null && !isLoopback(new URL(url).hostname)) return false;
  const endpoints = endpointsOf(registration);
  const refused = await Promise.all(endpoints.map(({ address, port }) => refuses(address, port)));
  return refused.every(Boolean);
}

function refuses(address: string, port: number): Promise<boolean> {
  // Without IPv6 nobody can listen there, and each system says so in another way.
  if (address === '::1' && !hasAddress(address)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (isRefused: boolean) => {
      socket.destroy();
      resolve(isRefused);
    };
    socket.setTimeout(PATIENCE, () => end(false));
    socket.once('connect', () => end(false));
    socket.once('error', (error) => end(errnoOf(error) === 'ECONNREFUSED'));
  });
}

function hasAddress(wanted: string): boolean {
  return Object.values(networkInterfaces()).some((each) =>
    each?.some(({ address }) => address === wanted),
  );
}
