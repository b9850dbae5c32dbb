import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

/** An instance that confirms a given nonce, in a header or in `_meta`, which can change while it runs. */
async function confirming(confirms: { header?: string; meta?: string }) {
  const server = await scripted.start({
    post: ({ message, response, json }) => {
      if (message.method !== 'initialize') return false;
      if (confirms.header !== undefined) response.setHeader('signalbox-nonce', confirms.header);
      const meta = confirms.meta === undefined ? {} : { 'signalbox/nonce': confirms.meta };
      json({
        jsonrpc: '2.0',
        id: message.id,
        result: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'confirming', version: '1' },
          _meta: meta,
        },
      });
      return true;
    },
  });
  afterTest(server.close);
  return server;
}

async function stateOf(port: number, nonce: string | null) {
  const directory = temporaryDirectory();
  register(directory, { id: 'one', port, ...(nonce === null ? {} : { nonce }) });
  const hub = startHubHere(directory, { 'retry-base': ['10ms'], 'retry-cap': ['10ms'] });
  await hub.settled(5_000);
  const [row] = hub.instances();
  return { hub, row };
}

describe('an instance with a nonce in its registration', () => {
  it.each([
    ['in _meta', { meta: 'n0nce' }],
    ['by the header', { header: 'n0nce' }],
  ])('is active if it confirms the nonce %s', async (_, confirms) => {
    const { port } = await confirming(confirms);
    expect((await stateOf(port, 'n0nce')).row).toMatchObject({ state: 'active' });
  });

  it.each([
    ['without a nonce', {}],
    ['with another nonce', { meta: 'another' }],
    ['with another nonce in the header', { header: 'another', meta: 'n0nce' }],
  ])('is not confused with a server on its port that answers %s', async (_, confirms) => {
    const { port } = await confirming(confirms);
    const { row } = await stateOf(port, 'n0nce');
    expect(row).toMatchObject({
      state: expect.stringMatching(/retrying|dead/),
      last_error: {
        code: 'IDENTITY_MISMATCH',
        message: `somebody else answers at localhost:${port}: the nonce of the registration is not confirmed`,
      },
    });
  });

  it('is active as soon as it is back', async () => {
    const confirms: { meta?: string } = {};
    const { port } = await confirming(confirms);
    const { hub } = await stateOf(port, 'n0nce');
    confirms.meta = 'n0nce';
    await eventually(() => expect(hub.instances()).toMatchObject([{ state: 'active' }]));
  });

  it('is not called over a session that another server opened', async () => {
    const confirms: { meta?: string } = { meta: 'n0nce' };
    const { port } = await confirming(confirms);
    const { hub } = await stateOf(port, 'n0nce');
    delete confirms.meta;
    const agent = new MemoryAgent(hub);
    await agent.initialize();
    const answer = await agent.call(1, 'instances_connect', { instance_id: 'one' });
    expect(answer).toMatchObject({
      isError: true,
      structuredContent: { error: { message: expect.stringContaining('nonce') } },
    });
  });
});

it('an instance without a registered nonce may confirm any', async () => {
  const { port } = await confirming({ meta: 'any', header: 'other' });
  expect((await stateOf(port, null)).row).toMatchObject({ state: 'active' });
});

it('a web server on the port is refused', async () => {
  const server = createServer((_, response) => void response.end('<h1>hello</h1>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect((await stateOf(port, 'n0nce')).row).toMatchObject({
    last_error: { code: 'PROTOCOL_ERROR' },
  });
});
