import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { nothingListens } from '../../src/doctor/listening.ts';
import { afterTest } from '../helpers/cleanup.ts';

const withIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === '::1'),
)
  ? it
  : it.skip;

async function portAt(host: string): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, host);
  afterTest(() => server.close());
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('nothing listens', () => {
  it('where every loopback address refuses', async () => {
    expect(await nothingListens({ port: 1, url: null })).toBe(true);
    expect(await nothingListens({ port: 1, url: 'http://localhost:1/mcp' })).toBe(true);
    expect(await nothingListens({ port: 1, url: 'http://127.0.0.2:1/mcp' })).toBe(true);
  });

  it('is false if any process does', async () => {
    const port = await portAt('127.0.0.1');
    expect(await nothingListens({ port, url: null })).toBe(false);
    expect(await nothingListens({ port, url: `http://web.localhost:${port}/x` })).toBe(false);
  });

  withIpv6('is not so where somebody does on IPv6 alone', async () => {
    const port = await portAt('::1');
    expect(await nothingListens({ port, url: null })).toBe(false);
    expect(await nothingListens({ port, url: `http://127.0.0.1:${port}/` })).toBe(true);
  });

  it.each(['http://example.test:1/mcp', 'http://0.0.0.0:1/', 'http://[::]:1/'])(
    'is never certain of %s, which is not asked',
    async (url) => {
      expect(await nothingListens({ port: 1, url })).toBe(false);
    },
  );
});
