import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Whether a host, as `URL` spells it, can only mean this machine. `URL` has made `127.1`, `0x7f000001` and the like into
 * `127.0.0.1`, and `::ffff:127.0.0.1` is found by its IPv4 part. Not 0.0.0.0 and ::, which mean any interface.
 */
export function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family === 0) return /^(.+\.)?localhost\.?$/.test(address);
  return LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** A host as `URL` would spell it, for comparison. */
export function spellHost(host: string): string {
  const literal = isIP(host) === 6 ? `[${host}]` : host;
  const url = `http://${literal}/`;
  return URL.canParse(url) ? new URL(url).hostname : host.toLowerCase();
}
