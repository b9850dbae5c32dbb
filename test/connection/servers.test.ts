import { describe, expect, it } from '@jest/globals';
import * as brummer from '../fixtures/brummer.mjs';
import * as junk from '../fixtures/junk.mjs';
import * as plainPost from '../fixtures/plain-post.mjs';
import * as sdkStateful from '../fixtures/sdk-stateful.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const SERVERS = {
  'the SDK with sessions and event streams': () => sdkStateful.start({}),
  'the SDK with JSON answers': () => sdkStateful.start({ json: true }),
  'the SDK behind a token': () => sdkStateful.start({ token: 's3cret' }),
  'JSON-RPC over POST without sessions': () => plainPost.start({}),
  Brummer: () => brummer.start({}),
  'a server on IPv6 loopback only': () => plainPost.start({ host: '::1' }),
};

describe('a server is connected, pinged and used:', () => {
  it.each(Object.entries(SERVERS))('%s', async (_, start) => {
    const directory = temporaryDirectory();
    const server = await start();
    afterTest(server.close);
    register(directory, { id: 'one', port: server.port, token: 's3cret' });
    const { client } = await startAgent(directory, { args: ['--ping-interval', '100ms'] });

    const connected = await callTool(client, 'instances_connect', { instance_id: 'one' });
    expect(connected.structuredContent?.['instance']).toMatchObject({
      state: 'active',
      last_error: null,
    });
    const names = connected.structuredContent?.['tools'].map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['echo', 'count', 'slow']));
    expect(textOfAnswer(await callTool(client, 'echo', { text: 'hello' }))).toBe('hello');

    // Wait for a few pings: a server that doesn't support ping is alive too.
    await callTool(client, 'slow', { ms: 500 });
    const { structuredContent } = await callTool(client, 'instances_health', {});
    expect(structuredContent?.['instances'][0]).toMatchObject({
      state: 'active',
      healthy: true,
      missed_pings: 0,
      calls_in_flight: 0,
    });
    const transitions = structuredContent?.['instances'][0].transitions;
    expect(transitions.map(({ to }: { to: string }) => to)).toEqual([
      'discovered',
      'connecting',
      'active',
    ]);
  });
});

describe('a server', () => {
  it.each([
    ['html', 'PROTOCOL_ERROR', 'text/html'],
    ['silent', 'PROTOCOL_ERROR', 'without answering'],
    ['unauthorized', 'UNAUTHORIZED', 'HTTP 401'],
    ['500', 'HTTP_ERROR', 'HTTP 500: oops'],
    ['not-json', 'PROTOCOL_ERROR', 'ended before it was complete'],
    ['old-version', 'UNSUPPORTED_VERSION', '1999-01-01'],
    [
      'only-2026',
      'UNSUPPORTED_VERSION',
      'speaks protocol version 2026-07-28, which the hub does not',
    ],
    ['no-version', 'UNSUPPORTED_VERSION', 'speaks none of the protocol versions'],
    ['hangs', 'CONNECT_TIMEOUT', 'within 300 ms'],
  ])('that answers like %s is retrying, with the reason', async (mode, code, message) => {
    const directory = temporaryDirectory();
    const server = await junk.start({ mode });
    afterTest(server.close);
    register(directory, { id: 'odd', port: server.port });
    const args = mode === 'hangs' ? ['--connect-timeout', '300ms'] : [];
    const { client } = await startAgent(directory, { args });
    await callTool(client, 'instances_wait', { instance_id: 'odd', state: 'retrying' });
    const { structuredContent } = await callTool(client, 'instances_list');
    const [odd] = structuredContent?.['instances'] ?? [];
    expect(odd).toMatchObject({ state: 'retrying', last_error: { code } });
    expect(odd.last_error.message).toContain(message);
  });

  it('that requires another token is retried every 5 s at most, and immediately once its file has it', async () => {
    const directory = temporaryDirectory();
    const server = await sdkStateful.start({ token: 'right' });
    afterTest(server.close);
    register(directory, { id: 'locked', port: server.port, token: 'wrong' });
    const { client } = await startAgent(directory, { args: ['--max-retries', '1'] });
    const waited = await callTool(client, 'instances_wait', { name: 'locked', state: 'retrying' });
    expect(waited.structuredContent?.['instance'].last_error.code).toBe('UNAUTHORIZED');
    register(directory, { id: 'locked', port: server.port, token: 'right' });
    const active = await callTool(client, 'instances_wait', { name: 'locked', timeout_ms: 3_000 });
    expect(active.structuredContent?.['instance'].state).toBe('active');
  });
});
