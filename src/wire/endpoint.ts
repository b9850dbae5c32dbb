import type { Endpoint, Registration } from '../../machines/model.ts';

const LOOPBACKS = ['127.0.0.1', '::1'] as const;

/**
 * The addresses at which a registered instance may answer, in the order to try. For a port and for `localhost` these are
 * both loopback addresses, because machines resolve `localhost` differently.
 */
export function endpointsOf({ port, url }: Pick<Registration, 'port' | 'url'>): Endpoint[] {
  if (url === null) {
    return LOOPBACKS.map((address) => ({ address, port, path: '/mcp', host: `localhost:${port}` }));
  }
  const { hostname, host, pathname, search } = new URL(url);
  const addresses = /^(.*\.)?localhost\.?$/.test(hostname)
    ? LOOPBACKS
    : [hostname.replace(/^\[|\]$/g, '')];
  return addresses.map((address) => ({ address, port, path: pathname + search, host }));
}
