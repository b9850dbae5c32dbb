import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BUDGETS } from '../../src/budgets.ts';
import { readCatalogue } from '../../src/connection/catalogue.ts';
import { openTrafficChannel } from '../../src/wire/open-channel.ts';
import { RpcClient } from '../../src/wire/session/rpc-client.ts';
import { afterTest } from '../helpers/cleanup.ts';

const LISTS = {
  'tools/list': 'tools',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
  'prompts/list': 'prompts',
} as const;

type Method = keyof typeof LISTS;

const METHODS = [
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
] as const;

/** What a server answers to a page of a list: items and whether there is more, an HTTP error, or nothing at all. */
type Page = { items: string; more: boolean } | { status: number; code: number } | 'nothing';

/** A client of a server whose lists are made by `pageOf`. */
async function lister(pageOf: (method: string, page: number) => Page) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString());
    const number = Number(params.cursor ?? 0);
    const page = pageOf(method, number);
    if (page === 'nothing') return;
    const type = { 'content-type': 'application/json' };
    if ('status' in page) {
      const error = { code: page.code, message: 'not now' };
      response.writeHead(page.status, type).end(JSON.stringify({ jsonrpc: '2.0', id, error }));
      return;
    }
    const key = LISTS[method as Method];
    const next = page.more ? `,"nextCursor":"${number + 1}"` : '';
    response
      .writeHead(200, type)
      .end(
        `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"${key}":[${page.items}]${next}}}`,
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = { address: '127.0.0.1', port, path: '/mcp', host: 'localhost' };
  const channel = openTrafficChannel({
    target: { endpoint, token: null },
    guard: () => null,
    maxMessage: BUDGETS.supervisedMessage.value,
    onHeard: () => {},
  });
  const rpc = new RpcClient(channel, () => {}, BUDGETS.supervisedObjects.value);
  const close = () => {
    rpc.close();
    channel.destroy();
    server.closeAllConnections();
    server.close();
  };
  afterTest(close);
  return {
    close,
    read: (signal?: AbortSignal) => readCatalogue(rpc, { resources: {}, prompts: {} }, signal),
  };
}

const items = (count: number, size: number) =>
  Array.from({ length: count }, (_, n) => `{"name":"${n}","x":"${'x'.repeat(size)}"}`).join(',');

describe('a catalogue', () => {
  it('holds what the budgets allow, says what it leaves out, and says nothing when that is nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...METHODS),
        fc.integer({ min: 1, max: 6_000 }),
        fc.integer({ min: 0, max: 1_500 }),
        fc.integer({ min: 1, max: 4 }),
        async (method, count, size, pages) => {
          const { read, close } = await lister((asked, page) => ({
            items: asked === method ? items(count, size) : items(1, 0),
            more: asked === method && page + 1 < pages,
          }));
          const { catalogue, shortfall } = await read();
          close();
          const all = Object.values(catalogue).flat();
          const offered = count * pages + 3;
          expect(all.length).toBeLessThanOrEqual(BUDGETS.catalogueItems.value);
          expect(JSON.stringify(catalogue).length).toBeLessThan(
            BUDGETS.catalogueBytes.value + 1_000,
          );
          expect(shortfall?.code ?? null).toBe(all.length < offered ? 'ANSWER_TOO_LARGE' : null);
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each(METHODS)('ends where the pages of %s never do', async (method) => {
    const { read } = await lister((asked) => ({ items: items(1, 10), more: asked === method }));
    const { catalogue, shortfall } = await read();
    expect(catalogue[LISTS[method]].length).toBeGreaterThan(900);
    expect(shortfall?.message).toContain(`${method}: more than 1000 pages`);
  });

  it.each(METHODS)('is not made of the million objects of a page of %s', async (method) => {
    const { read } = await lister((asked) => ({
      items: asked === method ? '{},'.repeat(1_000_000).slice(0, -1) : items(2, 10),
      more: false,
    }));
    const { catalogue, shortfall } = await read();
    expect(catalogue[LISTS[method]]).toEqual([]);
    expect(shortfall?.message).toContain('objects in one answer');
  });

  it('is not waited for longer than allowed', async () => {
    const { read } = await lister((asked) =>
      asked === 'prompts/list' ? 'nothing' : { items: '', more: false },
    );
    await expect(read(AbortSignal.timeout(100))).rejects.toMatchObject({
      failure: { code: 'ANSWER_TOO_LARGE', message: expect.stringContaining('prompts/list') },
    });
  });

  it.each([500, 502, 503])(
    'is unknown where a server that starts answers HTTP %d',
    async (status) => {
      const { read } = await lister((asked) =>
        asked === 'tools/list' ? { status, code: -32603 } : { items: '', more: false },
      );
      await expect(read()).rejects.toMatchObject({ failure: { code: 'HTTP_ERROR' } });
    },
  );

  it.each([
    [200, -32603],
    [400, -32600],
    [500, -32601],
  ])('has nothing where a server answers HTTP %d with code %d', async (status, code) => {
    const { read } = await lister((asked) =>
      asked === 'tools/list' ? { status, code } : { items: items(1, 1), more: false },
    );
    expect(await read()).toMatchObject({ catalogue: { tools: [] }, shortfall: null });
  });
});
