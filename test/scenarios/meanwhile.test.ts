import { rmSync } from 'node:fs';
import http from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, RawAgent, startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { BIN, eventually, startFixture, startProcess } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const codeOf = ({ structuredContent }: Awaited<ReturnType<typeof callTool>>) =>
  structuredContent?.['error']?.code;

/** A free port, for a server that starts later. */
async function freePort(): Promise<number> {
  const server = await startFixture('plain-post');
  await server.kill();
  return server.port;
}

describe('instances_wait', () => {
  it('makes the hub retry often if an instance registers before it listens', async () => {
    const directory = temporaryDirectory();
    const port = await freePort();
    // Without a waiting call, the third retry would come after half a minute.
    const args = ['--retry-base', '30s', '--retry-cap', '30s'];
    const { client } = await startAgent(directory, { args });
    const waiting = callTool(client, 'instances_wait', { name: 'web', timeout_ms: 50_000 });
    register(directory, { id: 'web-1', name: 'web', port });
    await eventually(async () => {
      const { structuredContent } = await callTool(client, 'instances_list');
      expect(structuredContent?.['instances']).toMatchObject([{ state: 'retrying' }]);
    });
    await startFixture('plain-post', { port });
    expect((await waiting).structuredContent).toMatchObject({ instance: { state: 'active' } });
  });

  it('is answered immediately if a successor is active', async () => {
    const directory = temporaryDirectory();
    const [old, next] = [await startFixture('plain-post'), await startFixture('plain-post')];
    const facts = { name: 'web', path: '/projects/web' };
    register(directory, { id: 'old', ...facts, port: old.port });
    register(directory, { id: 'next', ...facts, port: next.port, pid: next.pid });
    const { client } = await startAgent(directory);
    await callTool(client, 'instances_wait', { instance_id: 'next' });
    await old.kill();
    await callTool(client, 'instances_wait', { instance_id: 'old', state: 'retrying' });
    const waiting = callTool(client, 'instances_wait', { instance_id: 'old' });
    rmSync(`${directory}/old.json`);
    expect((await waiting).structuredContent).toMatchObject({ instance: { id: 'next' } });
  });
});

describe('instances_connect to a server without a standing stream', () => {
  it('during its restart binds the session, which can use it once it is back', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('plain-post');
    register(directory, { id: 'web', port: server.port });
    const { client } = await startAgent(directory);
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    await server.kill();
    const connected = await callTool(client, 'instances_connect', { instance_id: 'web' });
    expect(connected.isError).not.toBe(true);
    expect(connected.structuredContent).toMatchObject({ instance: { connected: true } });
    await startFixture('plain-post', { port: server.port });
    expect(textOfAnswer(await callTool(client, 'echo', { text: 'hi' }))).toBe('hi');
  });
});

describe('instances_call', () => {
  it('opens a new session if the previous one could not be opened', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('plain-post');
    let refused = 0;
    // Only the first session of the agent is refused.
    const proxy = http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts);
        if (body.includes('raw-agent') && refused === 0) {
          refused += 1;
          response.writeHead(503).end();
          return;
        }
        const { method, headers, url } = request;
        const onward = http.request({ port: server.port, method, headers, path: url }, (answer) =>
          answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers)),
        );
        onward.end(body);
      });
    });
    afterTest(() => proxy.close());
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = proxy.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    register(directory, { id: 'web', port });
    const agent = new RawAgent(directory);
    await agent.initialize();
    await agent.call(1, 'instances_wait', { instance_id: 'web' });
    const args = { instance_id: 'web', tool: 'echo', arguments: { text: 'hi' } };
    const params = { name: 'instances_call', arguments: args };
    agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params });
    await eventually(() => expect(refused).toBe(1));
    // Nothing waits any more, so the session is not opened again.
    const cancelled = { method: 'notifications/cancelled', params: { requestId: 2 } };
    agent.send({ jsonrpc: '2.0', ...cancelled });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const answer = await agent.call(3, 'instances_call', args);
    expect(answer).toMatchObject({ content: [{ text: 'hi' }] });
  });
});

describe('a hub that was started with exec by a shell', () => {
  it('identifies processes by their start like any hub', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('plain-post', { name: 'mine' });
    register(directory, { id: 'web', port: server.port, pid: server.pid });
    const hub = startProcess('sh', [
      '-c',
      `sleep 3; exec ${process.execPath} ${BIN} hub --instances-dir ${directory} --ping-interval 100ms`,
    ]);
    let told = '';
    hub.stderr?.on('data', (chunk) => {
      told += chunk;
    });
    await eventually(() => expect(told).toMatch(/to=active/), 15_000);
    await server.kill();
    await startFixture('plain-post', { name: 'stranger', port: server.port });
    await eventually(() => expect(told).toMatch(/to=retrying/));
    expect(told).toMatch(/to=retrying reason="process \d+ has ended/);
  });
});

describe('an id that is reused', () => {
  it('does not take a session along to another project', async () => {
    const directory = temporaryDirectory();
    const [first, second] = [
      await startFixture('plain-post', { name: 'first' }),
      await startFixture('plain-post', { name: 'second' }),
    ];
    const file = register(directory, { id: 'web', name: 'one', path: '/one', port: first.port });
    const { client } = await startAgent(directory);
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    for (const isRemoved of [true, false]) {
      if (isRemoved) {
        rmSync(file);
        await eventually(async () => {
          const { structuredContent } = await callTool(client, 'instances_list');
          expect(structuredContent?.['instances']).toEqual([]);
        });
      }
      register(directory, { id: 'web', name: 'two', path: '/two', port: second.port });
      // Until the hub has read the file, the session stays with the first project.
      await eventually(async () =>
        expect(codeOf(await callTool(client, 'echo', { text: 'hi' }))).toBe('NOT_CONNECTED'),
      );
      register(directory, { id: 'web', name: 'one', path: '/one', port: first.port });
      await callTool(client, 'instances_wait', { instance_id: 'web' });
      await callTool(client, 'instances_connect', { instance_id: 'web' });
    }
  });
});
