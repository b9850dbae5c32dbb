import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { registerInstance } from '../src/instance.ts';
import { afterTest } from './helpers/cleanup.ts';
import { callTool, startAgent, textOfAnswer } from './helpers/hub-process.ts';
import { eventually, startProcess } from './helpers/processes.ts';
import { temporaryDirectory } from './helpers/registrations.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

const said = z.object({
  id: z.string(),
  name: z.string(),
  port: z.number(),
  file: z.string(),
  token: z.string().nullable(),
});

/** Starts a program that registers itself. */
async function startOwn(...flags: readonly string[]) {
  const directory = temporaryDirectory();
  const args = [`${ROOT}test/fixtures/registers.mjs`, '--directory', directory, ...flags];
  const child = startProcess(process.execPath, args);
  const [line] = await once(child.stdout ?? child, 'data');
  return { child, directory, instance: said.parse(JSON.parse(String(line))) };
}

const tell = (child: ChildProcess, what: string) => child.stdin?.write(`${what}\n`);

const post = (url: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });

describe('a server that registers itself', () => {
  it('is found and used, with its token', async () => {
    const { directory, instance } = await startOwn('--token');
    expect(instance).toMatchObject({
      id: 'own',
      name: 'own',
      token: expect.stringMatching(/^[\w-]{32}$/),
    });
    const { client } = await startAgent(directory);
    const connected = await callTool(client, 'instances_connect', { instance_id: 'own' });
    expect(connected.structuredContent).toMatchObject({ instance: { state: 'active' } });
    expect(textOfAnswer(await callTool(client, 'echo', { text: 'hello' }))).toBe('hello');
  });

  it('can have another endpoint', async () => {
    const { directory, instance } = await startOwn('--endpoint', '/_app/mcp');
    expect(JSON.parse(readFileSync(instance.file, 'utf8'))).toMatchObject({
      url: `http://localhost:${instance.port}/_app/mcp`,
    });
    const { client } = await startAgent(directory);
    const { structuredContent } = await callTool(client, 'instances_list');
    expect(structuredContent?.['instances']).toMatchObject([{ id: 'own', state: 'active' }]);
  });

  it.each([
    ['normal end', 'leave', 0, null],
    ['process.exit', 'exit', 7, null],
    ['an uncaught exception', 'throw', 1, null],
    ['SIGTERM', null, null, 'SIGTERM'],
    ['SIGINT', null, null, 'SIGINT'],
    ['SIGHUP', null, null, 'SIGHUP'],
  ] as const)('removes its file on %s, and ends as usual', async (_, what, code, signal) => {
    const { child, directory } = await startOwn();
    expect(readdirSync(directory)).toEqual(['own.json']);
    if (signal === null) tell(child, what);
    else child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, signal]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each(['close', 'unregister'])('removes its file on %s', async (what) => {
    const { child, directory } = await startOwn();
    tell(child, what);
    await eventually(() => expect(readdirSync(directory)).toEqual([]));
    expect(child.exitCode).toBeNull();
  });

  it('can have many registrations without a warning', async () => {
    const { child, directory } = await startOwn();
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    for (let n = 0; n < 12; n += 1) tell(child, 'more');
    await eventually(() => expect(readdirSync(directory)).toHaveLength(13));
    tell(child, 'exit');
    await once(child, 'exit');
    expect(readdirSync(directory)).toEqual([]);
    expect(stderr).toBe('');
  });

  it('no longer requires the token of a registration that was removed or replaced', async () => {
    const { child, directory, instance } = await startOwn('--token');
    const url = `http://127.0.0.1:${instance.port}/mcp`;
    expect((await post(url)).status).toBe(401);
    tell(child, 'again');
    await eventually(() => expect(readdirSync(directory)).toContain('again.json'));
    expect((await post(url)).status).toBe(200);
    tell(child, 'unregister');
    await eventually(() => expect(readdirSync(directory)).toEqual(['again.json']));
    const { nonce } = JSON.parse(readFileSync(join(directory, 'again.json'), 'utf8'));
    expect((await post(url)).headers.get('signalbox-nonce')).toBe(nonce);
  });
});

describe('requests to the endpoint', () => {
  it.each([
    ['from another site', { origin: 'https://evil.example' }, 403],
    ['without the token', { authorization: '' }, 401],
    ['with a wrong token', { authorization: 'Bearer x' }, 401],
  ])('%s are rejected before the server sees them', async (_, headers, status) => {
    const { instance } = await startOwn('--token');
    const base = `http://127.0.0.1:${instance.port}`;
    const own = { authorization: `Bearer ${instance.token}` };
    for (const path of [
      '/mcp',
      '/mcp/',
      '/mcp/x?y',
      '/MCP',
      '/%6dcp',
      '//mcp',
      '/a/../mcp',
      '/mcp#x',
      '/mcp;x',
      '//x/mcp',
      '/x%2f..%2fmcp',
    ]) {
      const response = await post(`${base}${path}`, { ...own, ...headers });
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.has('x-asked')).toBe(false);
    }
    expect((await post(`${base}/mcp`, own)).headers.get('x-asked')).toBe('1');
  });

  it('to other paths are not checked', async () => {
    const { instance } = await startOwn('--token');
    for (const path of ['/', '/mcpx', '/other/mcp']) {
      const response = await post(`http://127.0.0.1:${instance.port}${path}`, {
        origin: 'https://a.example',
      });
      expect(response.status).toBe(200);
      expect(response.headers.has('signalbox-nonce')).toBe(false);
    }
  });
});

it('registering a server repeatedly leaves no listeners behind', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => server.close());
  const before = server.listenerCount('close');
  const directory = temporaryDirectory();
  for (let n = 0; n < 3; n += 1) registerInstance({ name: 'x', server, directory }).unregister();
  expect(server.listenerCount('close')).toBe(before);
});

describe('registerInstance throws and leaves no file', () => {
  const listening = async (address: string) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    afterTest(() => server.close());
    return server;
  };

  it.each([
    ['an McpServer', new McpServer({ name: 'x', version: '1' }), 'an object of class McpServer'],
    ['a function', () => {}, 'a value of type function'],
    ['a port', 8080, 'a value of type number'],
    ['nothing', undefined, 'undefined'],
    ['an object of no class', Object.create(null), 'a value of type object'],
  ])('when it is given %s', (_, server, described) => {
    const directory = temporaryDirectory();
    const options = { name: 'x', directory, server };
    expect(() => Reflect.apply(registerInstance, null, [options])).toThrow(
      `"server" must be a listening http.Server (as returned by createServer() of node:http or listen() of Express), not ${described}.`,
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it('when the server is not listening', () => {
    expect(() => registerInstance({ name: 'x', server: createServer() })).toThrow('not listening');
  });

  it.each([
    [{ name: '' }, /name: must be/],
    [{ name: 'x', id: 'a/b' }, /id: must be/],
    [{ name: 'x', endpoint: 'mcp' }, /must start with \//],
  ])('when hubs would refuse %j', async (options, message) => {
    const directory = temporaryDirectory();
    const server = await listening('127.0.0.1');
    expect(() => registerInstance({ server, directory, ...options })).toThrow(message);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('when it listens where hubs cannot reach it', async () => {
    const server = await listening('127.0.0.2');
    expect(() => registerInstance({ name: 'x', server })).toThrow('listens on 127.0.0.2');
  });

  it('when the file cannot be written', async () => {
    const server = await listening('127.0.0.1');
    const directory = '/dev/null/instances';
    expect(() => registerInstance({ name: 'x', server, directory })).toThrow('ENOTDIR');
  });
});

describe('the package', () => {
  /** A directory in this package, whose files import `signalbox/instance` as users do. */
  const inside = () => {
    const folder = mkdtempSync(`${ROOT}test/fixtures/made-`);
    afterTest(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };
  const [, example = ''] =
    /<!-- example clock -->\n```js\n(.*?)```/s.exec(
      readFileSync(`${ROOT}docs/recipes.md`, 'utf8'),
    ) ?? [];

  it('runs the example in the recipes', async () => {
    const program = join(inside(), 'clock.mjs');
    writeFileSync(program, example);
    const directory = temporaryDirectory();
    startProcess(process.execPath, [program], { SIGNALBOX_INSTANCES_DIR: directory });
    await eventually(() => expect(existsSync(join(directory, 'clock.json'))).toBe(true));
    const { client } = await startAgent(directory);
    const answer = await callTool(client, 'instances_call', { instance_id: 'clock', tool: 'now' });
    expect(textOfAnswer(answer)).toMatch(/^\d{4}-\d\d-\d\dT/);
    const { port } = JSON.parse(readFileSync(join(directory, 'clock.json'), 'utf8'));
    expect((await post(`http://127.0.0.1:${port}/mcp`)).status).toBe(401);
    expect((await post(`http://127.0.0.1:${port}/`)).status).toBe(404);
  });

  it('exports the types, which reject unknown options', () => {
    const program = join(inside(), 'typed.mts');
    writeFileSync(
      program,
      [
        "import { createServer } from 'node:http';",
        "import { type RegisteredInstance, registerInstance } from 'signalbox/instance';",
        "const made: RegisteredInstance = registerInstance({ name: 'x', server: createServer() });",
        'export const id: string = made.id;',
        '// @ts-expect-error no option',
        "registerInstance({ name: 'x', server: createServer(), prot: 1 });",
      ].join('\n'),
    );
    const flags =
      '--ignoreConfig --noEmit --strict --module nodenext --target es2022 --types node --skipLibCheck'.split(
        ' ',
      );
    const { stdout } = spawnSync(
      process.execPath,
      [`${ROOT}node_modules/typescript/bin/tsc`, ...flags, program],
      {
        encoding: 'utf8',
        cwd: ROOT,
      },
    );
    expect(stdout).toBe('');
  });
});
