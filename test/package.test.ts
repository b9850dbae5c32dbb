import { type ExecFileSyncOptions, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import * as z from 'zod';
import { buildBin, buildLibrary, buildPage, missingFrom, packagesIn } from '../scripts/bundles.mjs';
import { parseRegistration } from '../src/registration/schema.ts';
import { afterTest } from './helpers/cleanup.ts';
import { eventually, exitOf, outcomeOf, startProcess } from './helpers/processes.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const FILES = 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js';
const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-package-')));
const prefix = join(scratch, 'prefix');
const installed = join(prefix, 'lib/node_modules/signalbox');
const command = join(prefix, 'bin/signalbox');
/** A home of its own, where nothing is set up, and only this package is on the path. */
const env = {
  HOME: join(scratch, 'home'),
  XDG_RUNTIME_DIR: join(scratch, 'run'),
  PATH: [join(prefix, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter),
  npm_config_cache: join(scratch, 'cache'),
  npm_config_update_notifier: 'false',
  NODE_OPTIONS: '',
};
const outside: ExecFileSyncOptions = { env, cwd: scratch, stdio: ['ignore', 'pipe', 'pipe'] };
const npm = (args: readonly string[], options = outside) =>
  String(execFileSync('npm', args, options));
let tarball = '';

beforeAll(() => {
  for (const each of [env.HOME, env.XDG_RUNTIME_DIR]) mkdirSync(each, { mode: 0o700 });
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', scratch];
  const [{ filename }] = JSON.parse(npm(args, { ...outside, cwd: ROOT }));
  tarball = join(scratch, filename);
  // Offline: there is nothing that it needs.
  npm(['install', '--global', '--offline', '--prefix', prefix, tarball]);
}, 120_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the installed command to its end. */
function run(...args: readonly string[]) {
  return outcomeOf(startProcess(command, args, env));
}

/** An agent whose MCP server is the installed hub. */
async function connectAgent(): Promise<Client> {
  const agent = new Client({ name: 'newcomer', version: '1.0.0' });
  afterTest(() => agent.close());
  await agent.connect(new StdioClientTransport({ command, args: ['hub'], env, stderr: 'ignore' }));
  return agent;
}

describe('the package, installed into an empty prefix', () => {
  it('is one package', () => {
    const listed = npm(['ls', '--global', '--all', '--parseable', '--prefix', prefix]).trim();
    expect(listed.split('\n').slice(1)).toEqual([installed]);
    expect(readdirSync(installed)).not.toContain('node_modules');
    expect(PACKAGE).not.toHaveProperty('dependencies');
  });

  it('has its documents, notices and schemas', () => {
    for (const file of ['LICENSE', 'README.md', 'SECURITY.md', 'THIRD-PARTY-NOTICES'])
      expect(readFileSync(join(installed, file), 'utf8')).not.toBe('');
    expect(readdirSync(join(installed, 'docs'))).toEqual(
      expect.arrayContaining(['configuration.md', 'errors.md', 'recipes.md']),
    );
    expect(readdirSync(join(installed, 'schemas'))).toEqual(['registration.schema.json']);
  });

  it('says its version and its help', async () => {
    expect(await run('--version')).toEqual({
      stdout: `${PACKAGE.version}\n`,
      stderr: '',
      code: 0,
    });
    expect((await run('--help')).stdout).toContain('Usage: signalbox COMMAND');
  });

  it('shows the demo', async () => {
    const { stdout, stderr, code } = await run('demo');
    expect(stdout).toMatch(/Hello from web, pid \d+ \(the call waited \d+ ms and was sent once\)/);
    expect(stdout).toContain('To add the hub to your agent');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  }, 60_000);

  it('serves a stdio server to an agent, and lists it', async () => {
    const server = startProcess(
      command,
      ['run', '--name', 'files', '--', process.execPath, join(ROOT, FILES), ROOT],
      env,
    );
    await once(server.stdout ?? server, 'data');
    const agent = await connectAgent();
    await agent.callTool({ name: 'instances_connect', arguments: { instance_id: 'files' } });
    const { tools } = await agent.listTools();
    expect(tools.map(({ name }) => name)).toContain('read_text_file');
    const path = join(ROOT, 'README.md');
    const read = await agent.callTool({ name: 'read_text_file', arguments: { path } });
    expect(read.content).toMatchObject([{ text: expect.stringMatching(/^# Signalbox/) }]);
    expect((await run('list')).stdout).toMatch(/^files +active /m);
    expect(JSON.parse((await run('doctor', '--json')).stdout)).toHaveProperty('findings');
    server.kill('SIGTERM');
    expect(await exitOf(server)).toBe(0);
    expect((await run('prune')).stdout).toBe('Nothing is stale.\n');
  }, 60_000);

  it('registers a server from within, as a library', async () => {
    const project = join(scratch, 'project');
    mkdirSync(project);
    npm(['install', '--offline', '--prefix', project, tarball]);
    const program = `
      import { createServer } from 'node:http';
      import { registerInstance } from 'signalbox/instance';
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { file, unregister } = registerInstance({ name: 'clock', server });
        console.log(file);
        unregister();
        server.close();
      });`;
    const args = ['--input-type=module', '-e', program];
    const file = String(execFileSync(process.execPath, args, { ...outside, cwd: project }));
    expect(file.trim()).toBe(join(env.XDG_RUNTIME_DIR, 'signalbox/instances/clock.json'));
  }, 60_000);

  it('is what agents are told to start', async () => {
    const { stdout, code } = await run('install', 'claude-code', '--print');
    expect(JSON.parse(stdout)).toEqual({
      mcpServers: {
        signalbox: expect.objectContaining({
          command: process.execPath,
          args: [join(installed, 'dist/signalbox.js'), 'hub'],
        }),
      },
    });
    expect(code).toBe(0);
    expect((await run('install', 'claude-code', '--yes')).code).toBe(0);
    expect((await run('uninstall', 'claude-code', '--yes')).code).toBe(0);
  });

  it('shows its hubs in the browser, and their recordings', async () => {
    const recording = join(scratch, 'hub.jsonl');
    const hub = startProcess(command, ['hub', '--record', recording], env);
    const inspector = startProcess(command, ['inspect'], env);
    const url = String(await once(inspector.stdout ?? inspector, 'data')).split('\n')[0] ?? '';
    expect(await (await fetch(url)).text()).toContain('<script');
    inspector.kill('SIGINT');
    expect(await exitOf(inspector)).toBe(0);
    await eventually(() => expect(readFileSync(recording, 'utf8')).toContain('\n'));
    hub.stdin?.end();
    expect(await exitOf(hub)).toBe(0);
    expect((await run('replay', recording)).stdout).toContain(': as recorded');
  });
});

describe('the bundles', () => {
  it('import nothing but Node, and THIRD-PARTY-NOTICES names every package in them', async () => {
    const only = { write: false, absWorkingDir: ROOT };
    const { entry, rest } = await buildBin(only);
    const results = [entry, rest, await buildLibrary(only), await buildPage({}, only)];
    const metafiles = results.map(({ metafile }) => metafile);
    expect(missingFrom(metafiles)).toEqual([]);
    const notices = readFileSync(join(ROOT, 'THIRD-PARTY-NOTICES'), 'utf8');
    const folders = packagesIn(metafiles);
    expect(folders.length).toBeGreaterThan(20);
    for (const folder of folders) {
      const { name, version, license } = JSON.parse(
        readFileSync(join(ROOT, folder, 'package.json'), 'utf8'),
      );
      expect(notices).toContain(`\n${name} ${version} (${license})\n\n`);
    }
    expect(notices.match(/^permission is hereby granted/gim)?.length).toBeGreaterThan(20);
  });
});

describe('the schema of registrations', () => {
  const schema = z.fromJSONSchema(
    JSON.parse(readFileSync(join(ROOT, 'schemas/registration.schema.json'), 'utf8')),
  );
  const facts = { id: 'web-1', name: 'web', path: '/web', port: 7778 };

  it.each([
    facts,
    { ...facts, pid: 42, token: 'secret', started: '2026-11-22T09:00:00Z', later: true },
    { id: 'a', name: 'a', directory: '/a', url: 'http://127.0.0.1:1/x', process_info: { pid: 1 } },
  ])('takes what hubs take: %j', (registration) => {
    const parsed = parseRegistration(JSON.stringify(registration));
    expect(parsed).toHaveProperty('registration');
    expect(schema.safeParse(registration).success).toBe(true);
  });

  it.each([
    { ...facts, id: 'a/b' },
    { ...facts, port: 0 },
    { ...facts, pid: -1 },
    { ...facts, token: 'a b' },
    { ...facts, has_package_json: 'yes' },
    { id: 'a', name: 'a', port: 1 },
    { id: 'a', name: 'a', path: '/a' },
  ])('refuses what hubs refuse: %j', (registration) => {
    const parsed = parseRegistration(JSON.stringify(registration));
    expect(parsed).toHaveProperty('reason');
    expect(schema.safeParse(registration).success).toBe(false);
  });
});
