import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { BRUMMERS, brummerHome, registrationsIn, startBrummer } from '../helpers/brummer.ts';
import { startAgent } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';

const BOTH = 'application/json, text/event-stream';

/** Every tool with harmless arguments, in an order that satisfies their dependencies. */
const ANSWERED: readonly (readonly [string, object])[] = [
  ['scripts_list', {}],
  ['scripts_status', {}],
  ['scripts_run', { name: 'build' }],
  ['scripts_run', { name: 'dev' }],
  ['scripts_status', { name: 'dev' }],
  ['logs_stream', { follow: false }],
  ['logs_search', { query: 'nothing has this' }],
  ['proxy_requests', {}],
  ['telemetry_sessions', {}],
  ['telemetry_events', { follow: false }],
  ['browser_refresh', {}],
  ['browser_navigate', { url: 'http://127.0.0.1/' }],
  ['repl_library', { operation: 'list' }],
  ['about', {}],
  ['queue_send', { channel: 'c', type: 't', payload: { a: 1 } }],
  ['queue_receive', { channel: 'c' }],
  ['queue_list_channels', {}],
  ['queue_stats', {}],
  ['queue_subscribe', { channel: 'c' }],
];

/** Calls that fail without a browser or an AI coder, or on purpose. */
const FAILING: readonly (readonly [string, object])[] = [
  ['scripts_run', { name: 'unknown' }],
  ['scripts_stop', { processId: 'unknown' }],
  ['queue_unsubscribe', {}],
  ['ai_coder_list', {}],
  ['ai_coder_status', { coder_id: 'x' }],
  ['ai_coder_control', { coder_id: 'x', action: 'pause' }],
  ['ai_coder_workspace', { coder_id: 'x', operation: 'list' }],
  ['ai_coder_logs', { coder_id: 'x' }],
];

/** Tools that are not harmless, or that wait for a browser until they time out. */
const NOT_CALLED = ['ai_coder_create', 'browser_open', 'browser_screenshot', 'repl_execute'];

/** Tools that every fixture has in addition to its own. */
const OF_FIXTURES = ['echo', 'count', 'slow'];

async function post(url: string, message: object, accept: string | null) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(accept === null ? {} : { accept }) },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
  const type = response.headers.get('content-type');
  return { status: response.status, type, headers: response.headers, body: await response.text() };
}

async function connected(kind: string) {
  const home = brummerHome();
  const brummer = await startBrummer(kind, home, 17_770);
  const { client } = await startAgent(home.instances);
  const arguments_ = { instance_id: brummer.registration.id };
  await client.callTool({ name: 'instances_connect', arguments: arguments_ });
  return { client, brummer };
}

/** What an agent built with the official SDK can read. */
async function readableAnswer(client: Client, name: string, args: object): Promise<string> {
  const { content } = await client.callTool({ name, arguments: { ...args } }, undefined, {
    timeout: 5_000,
  });
  if (!Array.isArray(content)) return '';
  return content.map(({ text }: { text?: string }) => text ?? '').join('');
}

describe.each(BRUMMERS)('Brummer, %s', (kind) => {
  it('offers exactly the tools that this test calls', async () => {
    const { client } = await connected(kind);
    const { tools } = await client.listTools();
    const names = tools
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('instances_') && !OF_FIXTURES.includes(name));
    const called = [...ANSWERED, ...FAILING].map(([name]) => name);
    expect(names.sort()).toEqual([...new Set([...called, ...NOT_CALLED])].sort());
  });

  it('returns results that the official client can read, for every tool', async () => {
    const { client } = await connected(kind);
    const unreadable: string[] = [];
    for (const [name, args] of ANSWERED) {
      const text = await readableAnswer(client, name, args).catch((error) => {
        unreadable.push(`${name}: ${error}`);
      });
      if (text === '') unreadable.push(`${name}: no text`);
    }
    expect(unreadable).toEqual([]);
  }, 60_000);

  it('fails with its own errors', async () => {
    const { client } = await connected(kind);
    for (const [name, args] of FAILING) {
      await expect(client.callTool({ name, arguments: { ...args } })).rejects.toMatchObject({
        code: -32000,
        message: expect.stringContaining('Tool execution failed'),
        data: expect.stringMatching(/./),
      });
    }
  });

  it('answers with an event stream if the client accepts one, otherwise with JSON', async () => {
    const { url } = await startBrummer(kind, brummerHome(), 17_770);
    const list = { id: 1, method: 'tools/call', params: { name: 'scripts_list', arguments: {} } };
    for (const accept of [BOTH, 'text/event-stream']) {
      const { status, type, body } = await post(url, list, accept);
      expect([status, type]).toEqual([200, 'text/event-stream']);
      expect(body).toMatch(/^: .+\n\ndata: \{.+\}\n\n$/);
    }
    for (const accept of ['application/json', '*/*']) {
      const { status, type, body } = await post(url, list, accept);
      expect([status, type]).toEqual([200, 'application/json']);
      expect(JSON.parse(body)).toMatchObject({
        id: 1,
        result: { scripts: { build: 'echo shop' } },
      });
    }
  });

  it('labels the JSON of some tools as an event stream', async () => {
    const { url } = await startBrummer(kind, brummerHome(), 17_770);
    for (const name of ['scripts_run', 'logs_stream', 'telemetry_events', 'ai_coder_logs']) {
      const params = { name, arguments: { name: 'build' } };
      const request = { id: 1, method: 'tools/call', params };
      const { type, body } = await post(url, request, 'application/json');
      expect(type).toBe('text/event-stream');
      expect(JSON.parse(body)).toMatchObject({ jsonrpc: '2.0', id: 1 });
    }
  });

  it('speaks 2024-11-05 without session ids and ping; notifications get errors', async () => {
    const { url } = await startBrummer(kind, brummerHome(), 17_770);
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} };
    const opened = await post(url, { id: 1, method: 'initialize', params }, 'application/json');
    expect(opened.headers.get('mcp-session-id')).toBeNull();
    expect(JSON.parse(opened.body)).toMatchObject({ result: { protocolVersion: '2024-11-05' } });
    for (const [message, id] of [
      [{ id: 2, method: 'ping' }, { id: 2 }],
      [{ method: 'notifications/initialized' }, {}],
    ]) {
      const { status, body } = await post(url, message ?? {}, 'application/json');
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual({
        jsonrpc: '2.0',
        ...id,
        error: { code: -32601, message: expect.stringContaining('Method not found') },
      });
    }
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(url)).status).toBe(406);
  });

  it('reports its processes on the standing stream', async () => {
    const { url } = await startBrummer(kind, brummerHome(), 17_770);
    const stop = new AbortController();
    const stream = await fetch(url, {
      headers: { accept: 'text/event-stream' },
      signal: stop.signal,
    });
    const params = { name: 'scripts_run', arguments: { name: 'build' } };
    await post(url, { id: 1, method: 'tools/call', params }, 'application/json');
    let said = '';
    for await (const chunk of stream.body ?? []) {
      said += Buffer.from(chunk).toString();
      if (said.includes('notifications/process/exited')) break;
    }
    expect(said).toMatch(/^: .+\n: Session-Id: .+\n\n/);
    expect(said).toContain(
      'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/process/started"',
    );
    stop.abort();
  });

  it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGKILL'])(
    'leaves its file behind on %s while in use, and gets another id and file after a restart',
    async (signal) => {
      const home = brummerHome();
      const first = await startBrummer(kind, home, 17_770);
      const { id, directory, name } = first.registration;
      const file = join(home.instances, `${id}.json`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(home.instances).mode & 0o777).toBe(0o700);
      expect([name, directory]).toEqual([home.project, home.path]);
      // Without a client, the real Brummer sometimes manages to delete its file.
      const stream = await fetch(first.url, { headers: { accept: 'text/event-stream' } });
      await first.end(signal);
      await stream.text().catch(() => '');

      const second = await startBrummer(kind, home, first.registration.port);
      expect(second.registration.id).not.toBe(id);
      expect(registrationsIn(home.instances)).toHaveLength(2);
      await eventually(async () => {
        const request = { id: 1, method: 'tools/call', params: { name: 'scripts_list' } };
        expect((await post(second.url, request, null)).status).toBe(200);
      });
    },
  );

  it('uses another port if its port is taken', async () => {
    const home = brummerHome();
    const first = await startBrummer(kind, home, 17_770);
    const second = await startBrummer(kind, brummerHome('docs'), first.registration.port);
    expect(second.registration.port).toBeGreaterThan(first.registration.port);
    expect(second.registration.port).toBeLessThanOrEqual(first.registration.port + 1_000);
  });
});
