import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createMachine } from 'xstate';
import type { PageMessage } from '../../src/inspector/messages.ts';
import { breakAt } from '../helpers/broken-server.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, startAgent } from '../helpers/hub-process.ts';
import { BIN, eventually, exitOf, startFixture, startProcess } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { ask, PageViewer } from '../helpers/viewer.ts';

const FAST = ['--retry-base', '20ms', '--retry-cap', '50ms', '--max-retries', '2'];

/** Starts an agent whose hub serves its page, with a new runtime directory. */
async function startInspected(args: readonly string[] = [], port = 0) {
  const directory = temporaryDirectory();
  const runtime = temporaryDirectory();
  const agent = await startAgent(directory, {
    args: ['--inspect', String(port), '--settle', '0', ...FAST, ...args],
    env: { XDG_RUNTIME_DIR: runtime },
  });
  const url = await eventually(() => addressIn(agent.stderr()));
  return { ...agent, directory, runtime, url };
}

function addressIn(text: string): string {
  const [address] = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(text) ?? [];
  if (address === undefined) throw new Error(`no address in: ${text}`);
  return address;
}

async function startInspect(runtime: string, args: readonly string[] = []) {
  const child = startProcess(process.execPath, [BIN, 'inspect', ...args], {
    XDG_RUNTIME_DIR: runtime,
  });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  return { child, url: await eventually(() => addressIn(output)) };
}

describe('the inspector of a hub', () => {
  it('is served at an address with a token, with a strict content security policy', async () => {
    const { url } = await startInspected();
    const page = await ask(url);
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    for (const name of ['app.js', 'app.css']) {
      expect(page.body).toContain(name);
      expect((await ask(`${url}${name}`)).status).toBe(200);
    }
    expect(page.body).not.toMatch(/https?:\/\//);
  });

  it('rejects other origins, other hosts and requests without the token', async () => {
    const { url } = await startInspected();
    const { origin, host } = new URL(url);
    const refusals: [string, Parameters<typeof ask>[1], number][] = [
      [url, { headers: { host: 'evil.example' } }, 403],
      [url, { headers: { host: 'evil.example', origin } }, 403],
      [`${url}events`, { headers: { origin: 'http://evil.example' } }, 403],
      [`${url}events`, { headers: { origin: 'null' } }, 403],
      [`${origin}/`, {}, 404],
      [`${origin}/events`, {}, 404],
      [url.replace(/.\/$/, '/'), {}, 404],
      [`${url.slice(0, -2)}${url.at(-2) === 'A' ? 'B' : 'A'}/`, {}, 404],
      [`${url}../../etc/passwd`, {}, 404],
      [`${url}..%2f..%2fsignalbox.js`, {}, 404],
      [`${url}app.js`, { method: 'DELETE' }, 405],
      [`${url}events`, { method: 'POST', headers: { origin } }, 405],
      [`${url}reconnect`, {}, 404],
      // A form on another site can post, but not JSON, and not with this origin.
      [`${url}reconnect`, { method: 'POST', body: '{"hub":"x","id":"y"}' }, 403],
      [`${url}reconnect`, { method: 'POST', headers: { origin }, body: '{}' }, 400],
    ];
    for (const [address, options, status] of refusals) {
      expect([address, (await ask(address, options)).status]).toEqual([address, status]);
    }
    expect(
      (await ask(url, { headers: { host: host.replace('127.0.0.1', 'localhost') } })).status,
    ).toBe(200);
  });

  it('sends every actor first, then every change with its reason', async () => {
    const { url, directory, client } = await startInspected();
    const server = await startFixture('sdk-stateful');
    register(directory, { id: 'web', port: server.port });
    writeFileSync(join(directory, 'bad.json'), '{', { mode: 0o600 });
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    const viewer = new PageViewer(url);
    await viewer.until(({ rows }) => {
      expect(rows.get('hub')).toMatchObject({ chart: 'hub', value: 'running' });
      expect(rows.get('instance:web')).toMatchObject({ state: 'active', name: 'web', sessions: 1 });
      expect(rows.get('session:session-1')).toMatchObject({
        value: 'open',
        agent: 'test-agent 1.2.3',
        instance_id: 'web',
      });
      expect(rows.get('session:session-1/binding:web')).toMatchObject({
        value: 'bound.ready.used',
        session_id: 'session-1',
        instance_id: 'web',
        role: 'home',
      });
    });
    await viewer.until(({ messages }) => {
      const refused = messages.flatMap((each) => (each.type === 'refusals' ? each.refusals : []));
      expect(refused).toContainEqual({
        origin: { kind: 'file', file: join(directory, 'bad.json') },
        code: 'NOT_JSON',
        reason: 'not JSON',
      });
    });
    await server.kill();
    await viewer.until(({ rows }) => {
      expect(rows.get('instance:web')).toMatchObject({ state: 'retrying' });
    });
    await breakAt(server.port);
    await viewer.until(({ rows }) => {
      expect(rows.get('instance:web')).toMatchObject({ state: 'dead', retry_count: 2 });
      // The session has no home without a request.
      expect(rows.get('session:session-1')).toMatchObject({ value: 'open', instance_id: null });
      expect([...rows.keys()]).not.toContain('session:session-1/binding:web');
    });
    const steps = viewer.messages.flatMap((each) => (each.type === 'steps' ? each.steps : []));
    const lost = steps.find(({ to }) => to === 'retrying.waiting');
    expect(lost).toMatchObject({ from: expect.stringMatching(/^active/), actor: 'instance:web' });
    expect(lost?.because).toMatch(/nothing listens|broke/);
    // The arrows include transient states.
    expect(lost?.arrows).toContainEqual(['failed', 'retrying']);
    // A late viewer gets the history.
    const late = new PageViewer(url);
    await late.until(({ messages }) => {
      const told = messages.flatMap((each) => (each.type === 'steps' ? each.steps : []));
      expect(told.map(({ to }) => to)).toEqual(
        expect.arrayContaining(['discovered', 'active', 'retrying', 'dead']),
      );
    });
  });

  it('reconnects an instance on request', async () => {
    const { url, directory } = await startInspected();
    const server = await startFixture('sdk-stateful');
    register(directory, { id: 'web', port: server.port });
    const viewer = new PageViewer(url);
    await viewer.until(({ rows }) => {
      expect(rows.get('instance:web')).toMatchObject({ state: 'active' });
    });
    await server.kill();
    await viewer.until(({ rows }) => {
      expect(rows.get('instance:web')).toMatchObject({ state: 'retrying' });
    });
    const restore = await breakAt(server.port);
    await viewer.until(({ rows }) => {
      expect(rows.get('instance:web')).toMatchObject({ state: 'dead' });
    });
    await restore();
    await startFixture('sdk-stateful', { port: server.port });
    const { origin } = new URL(url);
    const hub = viewer.messages[0]?.hub ?? '';
    const post = (body: object) =>
      ask(`${url}reconnect`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await post({ hub: 'another', id: 'web' })).status).toBe(404);
    expect((await post({ hub, id: 'no such' })).status).toBe(204);
    expect((await post({ hub, id: 'web', more: 'x'.repeat(9_999) })).status).toBe(400);
    expect((await post({ hub, id: 'web' })).status).toBe(204);
    await viewer.until(({ rows }) => {
      expect(rows.get('instance:web')).toMatchObject({ state: 'active' });
    });
  });

  it('uses the next port if its port is taken', async () => {
    const other = http.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    afterTest(() => other.close());
    const { port: taken } = other.address() as AddressInfo;
    const { url } = await startInspected([], taken);
    expect(Number(new URL(url).port)).not.toBe(taken);
    expect((await ask(url)).status).toBe(200);
  });

  it('ends with its agent, even with viewers', async () => {
    const { url, close, runtime } = await startInspected();
    const viewer = new PageViewer(url);
    await viewer.until(({ rows }) => expect(rows.size).toBe(2));
    await close();
    await expect(ask(url)).rejects.toThrow('ECONNREFUSED');
    expect(readdirSync(join(runtime, 'signalbox', 'hubs'))).toEqual([]);
  });
});

describe('signalbox inspect', () => {
  it('shows all hubs of the user as they start and stop; killed hubs leave no socket', async () => {
    const runtime = temporaryDirectory();
    const { child, url } = await startInspect(runtime);
    const viewer = new PageViewer(url);
    // Other hubs of the user who runs the tests may be shown too.
    const told = (type: PageMessage['type'], pid: number | undefined) =>
      viewer.messages.filter((each) => each.type === type && each.hub.startsWith(`${pid}-`));
    const directory = temporaryDirectory();
    const options = ['hub', '--instances-dir', directory, '--settle', '0'];
    const env = { XDG_RUNTIME_DIR: runtime };
    const first = startProcess(process.execPath, [BIN, ...options], env);
    const second = startProcess(process.execPath, [BIN, ...options], env);
    await viewer.until(() => {
      for (const { pid } of [first, second]) expect(told('hub', pid)).toHaveLength(1);
    });
    const sockets = join(runtime, 'signalbox', 'hubs');
    expect(statSync(sockets).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(sockets)) {
      expect(statSync(join(sockets, name)).mode & 0o777).toBe(0o600);
    }
    second.kill('SIGKILL');
    await viewer.until(() => expect(told('left', second.pid)).toHaveLength(1));
    expect(told('left', first.pid)).toEqual([]);
    await eventually(() => expect(readdirSync(sockets)).toEqual([`${first.pid}.sock`]));
    child.kill('SIGTERM');
    expect(await exitOf(child)).toBe(0);
  });

  it('hubs ignore invalid messages from viewers, and disconnect viewers that send overlong ones', async () => {
    const { runtime, client } = await startInspected();
    const sockets = join(runtime, 'signalbox', 'hubs');
    const [name = ''] = await eventually(() => {
      const names = readdirSync(sockets);
      expect(names).toHaveLength(1);
      return names;
    });
    const socket = connect(join(sockets, name));
    afterTest(() => socket.destroy());
    socket.on('error', () => {});
    socket.resume();
    for (const line of [
      'hello',
      '{"type":"stop"}',
      '{"type":"reconnect"}',
      '[]',
      '\0',
      '{"type":',
    ]) {
      socket.write(`${line}\n`);
    }
    expect((await callTool(client, 'instances_list')).isError).not.toBe(true);
    expect(socket.destroyed).toBe(false);
    const closed = once(socket, 'close');
    socket.write(`${'x'.repeat(100_000)}\n`);
    await closed;
    expect((await callTool(client, 'instances_list')).isError).not.toBe(true);
  });

  it('a hub offers no socket in a directory that is open to others', async () => {
    const runtime = temporaryDirectory();
    mkdirSync(join(runtime, 'signalbox', 'hubs'), { recursive: true, mode: 0o755 });
    const { stderr, client } = await startAgent(temporaryDirectory(), {
      args: ['--settle', '0'],
      env: { XDG_RUNTIME_DIR: runtime },
    });
    await eventually(() => expect(stderr()).toContain('is open to others (chmod 700)'));
    expect(readdirSync(join(runtime, 'signalbox', 'hubs'))).toEqual([]);
    expect((await callTool(client, 'instances_list')).isError).not.toBe(true);
  });

  it('exports the charts for the Stately editor', async () => {
    const file = join(temporaryDirectory(), 'charts.json');
    const child = startProcess(process.execPath, [BIN, 'inspect', '--export', file]);
    expect(await exitOf(child)).toBe(0);
    const charts = JSON.parse(readFileSync(file, 'utf8'));
    for (const name of ['hub', 'instance', 'session']) {
      expect(createMachine(charts[name]).id).toBe(name);
    }
    expect(Object.keys(createMachine(charts.instance).states)).toContain('retrying');
  });
});
