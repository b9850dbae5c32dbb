import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from '@decimalturn/toml-patch';
import { describe, expect, it } from '@jest/globals';
import { CLIENTS } from '../../src/clients/clients.ts';
import { membersOf } from '../../src/clients/entry.ts';
import { home } from '../helpers/home.ts';
import { BIN } from '../helpers/processes.ts';

const ENTRY = { command: process.execPath, args: [BIN, 'hub'] };

const clientOf = (name: string) => {
  const found = CLIENTS.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe('signalbox install', () => {
  it.each(CLIENTS.map(({ name }) => name))(
    'has %s start the hub, and uninstall not',
    async (name) => {
      const { directory, env, run } = home();
      const client = clientOf(name);
      const file = client.userFile({ env, platform: 'linux', home: directory, tmp: '/tmp' });
      const installed = await run('install', name, '--yes');
      expect(installed).toMatchObject({ code: 0, stderr: '' });
      expect(installed.stdout).toContain('+++');
      expect(installed.stdout).toContain(`Written: ${file}`);
      const text = readFileSync(file, 'utf8');
      const said = client.format === 'toml' ? parse(text) : JSON.parse(text);
      const members = membersOf(client, ENTRY);
      expect(said).toEqual({ [client.servers]: { signalbox: members } });
      expect(installed.stdout.trimEnd().split('\n').at(-1)).toBe(client.starts.user);
      expect(statSync(file).mode & 0o777).toBe(0o600);

      const again = await run('install', name, '--yes');
      expect(again).toMatchObject({ code: 0, stdout: `The hub is already in ${file}.\n` });
      expect((await run('uninstall', name, '--yes')).code).toBe(0);
      expect(readFileSync(file, 'utf8').trim()).toBe(client.format === 'toml' ? '' : '{}');
      expect((await run('uninstall', name, '--yes')).stdout).toBe(`The hub is not in ${file}.\n`);
    },
  );

  it('writes an entry that starts a hub', async () => {
    const { run, directory } = home();
    await run('install', 'claude-code', '--yes');
    const { mcpServers } = JSON.parse(readFileSync(join(directory, '.claude.json'), 'utf8'));
    const { command, args } = mcpServers.signalbox;
    const input = '{"jsonrpc":"2.0","id":1,"method":"ping"}\n';
    const { stdout } = spawnSync(command, [...args, '--instances-dir', directory], {
      input,
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });

  it('shows the change, and writes nothing without --yes or a terminal', async () => {
    const { put, run } = home();
    const before = '{\n  // mine\n  "mcpServers": {\n    "docs": {}\n  }\n}\n';
    const file = put('.cursor/mcp.json', before);
    const { stdout, stderr, code } = await run('install', 'cursor');
    expect(stdout).toContain('-    "docs": {}\n+    "docs": {},\n+    "signalbox": {\n');
    expect(stderr).toBe('signalbox: nothing was written: use --yes, or a terminal to confirm\n');
    expect(code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(dirname(file))).toEqual(['mcp.json']);
  });

  it.each([
    ['y', 0],
    ['n', 1],
    ['', 1],
  ])('asks on a terminal: %j', (answer, status) => {
    const { directory, env } = home();
    const command = `"${process.execPath}" "${BIN}" install cursor`;
    const asked = spawnSync('script', ['-qec', command, '/dev/null'], {
      input: `${answer}\n`,
      encoding: 'utf8',
      env: { ...process.env, ...env, NODE_OPTIONS: '', NO_COLOR: '' },
    });
    expect(asked.stdout).toContain('Write it? [y/N]');
    expect(asked.stdout).toContain('\u001b[32m+');
    expect(asked.status).toBe(status);
    expect(existsSync(join(directory, '.cursor/mcp.json'))).toBe(status === 0);
  });

  it('keeps the tools of Copilot CLI that the user allows, and sets all where none are named', async () => {
    const { put, run } = home();
    const tools = ['instances_list'];
    const file = put(
      '.copilot/mcp-config.json',
      JSON.stringify({ mcpServers: { signalbox: { tools } } }),
    );
    await run('install', 'copilot', '--yes');
    expect(JSON.parse(readFileSync(file, 'utf8')).mcpServers.signalbox).toEqual({
      type: 'local',
      ...ENTRY,
      tools,
    });
  });

  it('writes a command that is one array, with the options that the user gave the hub', async () => {
    const { put, run } = home();
    const mine = {
      command: ['old', 'hub', '--settle', '2s'],
      enabled: false,
      environment: { A: '1' },
    };
    const file = put(
      '.config/opencode/opencode.json',
      JSON.stringify({ mcp: { signalbox: mine } }),
    );
    await run('install', 'opencode', '--yes');
    expect(JSON.parse(readFileSync(file, 'utf8')).mcp.signalbox).toEqual({
      type: 'local',
      command: [process.execPath, BIN, 'hub', '--settle', '2s'],
      enabled: true,
      environment: { A: '1' },
    });
    expect((await run('install', 'opencode', '--yes')).stdout).toContain('already');
  });

  it.each([
    ['the .jsonc that is there', ['jsonc'], 'jsonc'],
    ['the .json that is there', ['json'], 'json'],
    ['the .jsonc where both are there', ['json', 'jsonc'], 'jsonc'],
  ])('writes %s for OpenCode', async (_, there, written) => {
    const { directory, put, run } = home();
    const text = '{\n  // mine\n  "model": "x",\n}\n';
    for (const ending of there) put(`.config/opencode/opencode.${ending}`, text);
    const file = join(directory, `.config/opencode/opencode.${written}`);
    expect((await run('install', 'opencode', '--yes')).stdout).toContain(`Written: ${file}\n`);
    expect(readFileSync(file, 'utf8')).toMatch(/^\{\n {2}\/\/ mine\n[\s\S]*"signalbox"/);
    expect((await run('uninstall', 'opencode', '--yes')).stdout).toContain(`Written: ${file}\n`);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('keeps what the user added to the entry, options of the hub included', async () => {
    const { put, run } = home();
    const mine = { command: 'old', args: ['x.js', 'hub', '--call-wait', '1m'], env: { A: '1' } };
    const file = put('.cursor/mcp.json', JSON.stringify({ mcpServers: { signalbox: mine } }));
    await run('install', 'cursor', '--yes');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      mcpServers: {
        signalbox: { ...ENTRY, args: [BIN, 'hub', '--call-wait', '1m'], env: { A: '1' } },
      },
    });
    expect((await run('install', 'cursor', '--yes')).stdout).toContain('already');
  });

  it.each(CLIENTS.filter(({ projectFile }) => projectFile !== null).map(({ name }) => name))(
    '--project has %s start the hub in the project in this directory, and says when',
    (name) => {
      const { directory, env } = home();
      const client = clientOf(name);
      const args = [BIN, 'install', name, '--project', '--yes'];
      const options = {
        cwd: directory,
        encoding: 'utf8',
        env: { ...process.env, ...env, NODE_OPTIONS: '' },
      } as const;
      const { status, stdout } = spawnSync(process.execPath, args, options);
      expect(status).toBe(0);
      expect(stdout.trimEnd().split('\n').at(-1)).toBe(client.starts.project);
      const text = readFileSync(join(directory, client.projectFile ?? ''), 'utf8');
      const said = client.format === 'toml' ? parse(text) : JSON.parse(text);
      expect(said).toEqual({ [client.servers]: { signalbox: membersOf(client, ENTRY) } });
    },
  );

  it.each(['VS Code', 'vs-code', 'VSCode', 'Gemini CLI', 'gemini', 'Claude Desktop'])(
    'knows %s, however it is written',
    async (name) => {
      expect(await home().run('install', name, '--print')).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('--print only prints the entry', async () => {
    const { directory, run } = home();
    const json = await run('install', 'zed', '--print');
    expect(JSON.parse(json.stdout)).toEqual({
      context_servers: { signalbox: { source: 'custom', ...ENTRY } },
    });
    const toml = await run('install', 'codex', '--print');
    expect(parse(toml.stdout)).toEqual({ mcp_servers: { signalbox: ENTRY } });
    expect(readdirSync(directory)).toEqual([]);
  });
});
