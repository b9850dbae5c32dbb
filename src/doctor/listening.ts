import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Registration } from '../../machines/model.ts';
import { errnoOf } from '../errors.ts';
import { isLoopback } from '../registration/loopback.ts';
import { endpointsOf } from '../wire/endpoint.ts';

/** Milliseconds after which an address that doesn't respond counts as in use. */
const PATIENCE = 1_000;

/**
 * Whether certainly nothing listens at the registered endpoint, because every loopback address refuses connections. Always
 * false for other machines, which are not contacted. Never rejects.
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
  // Without IPv6 nothing can listen there; the error code depends on the system.
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
