import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from '@decimalturn/toml-patch';
import { describe, expect, it } from '@jest/globals';
import { CLIENTS } from '../../src/clients/clients.ts';
import { home } from '../helpers/home.ts';
import { BIN } from '../helpers/processes.ts';

const MEMBERS = { command: process.execPath, args: [BIN, 'hub'] };

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
      expect(said).toEqual({ [client.servers]: { signalbox: { ...client.needs, ...MEMBERS } } });
      expect(statSync(file).mode & 0o777).toBe(0o600);

      const again = await run('install', name, '--yes');
      expect(again).toMatchObject({ code: 0, stdout: `The hub is in ${file} already.\n` });
      expect((await run('uninstall', name, '--yes')).code).toBe(0);
      expect(readFileSync(file, 'utf8').trim()).toBe(client.format === 'toml' ? '' : '{}');
      expect((await run('uninstall', name, '--yes')).stdout).toBe(`The hub is not in ${file}.\n`);
    },
  );

  it('starts a hub by the entry that it writes', async () => {
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

  it('shows the change, and writes nothing without --yes or a terminal to ask on', async () => {
    const { put, run } = home();
    const before = '{\n  // mine\n  "mcpServers": {\n    "docs": {}\n  }\n}\n';
    const file = put('.cursor/mcp.json', before);
    const { stdout, stderr, code } = await run('install', 'cursor');
    expect(stdout).toContain('-    "docs": {}\n+    "docs": {},\n+    "signalbox": {\n');
    expect(stderr).toBe('signalbox: nothing is written without --yes, or a terminal to ask on\n');
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

  it('keeps what was there beside it, rights included', async () => {
    const { put, run } = home();
    const before = '\ufeff{\n  "theme": "dark" // keep\n}\n';
    const file = put('.cursor/mcp.json', before, 0o640);
    const { stdout } = await run('install', 'cursor', '--yes');
    expect(stdout).toContain(`What was there before: ${file}.signalbox-backup`);
    expect(readFileSync(`${file}.signalbox-backup`, 'utf8')).toBe(before);
    expect(statSync(`${file}.signalbox-backup`).mode & 0o777).toBe(0o640);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(file, 'utf8')).toMatch(/^\ufeff\{\n {2}"theme": "dark", \/\/ keep\n/);
    await run('uninstall', 'cursor', '--yes');
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(readdirSync(dirname(file)).sort()).toEqual(['mcp.json', 'mcp.json.signalbox-backup']);
  });

  it('keeps what the user added to the entry, options of the hub included', async () => {
    const { put, run } = home();
    const mine = { command: 'old', args: ['x.js', 'hub', '--call-wait', '1m'], env: { A: '1' } };
    const file = put('.cursor/mcp.json', JSON.stringify({ mcpServers: { signalbox: mine } }));
    await run('install', 'cursor', '--yes');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      mcpServers: {
        signalbox: { ...MEMBERS, args: [BIN, 'hub', '--call-wait', '1m'], env: { A: '1' } },
      },
    });
    expect((await run('install', 'cursor', '--yes')).stdout).toContain('already');
  });

  it('writes what a link leads to, and leaves the link', async () => {
    const { directory, put, run } = home();
    const target = put('dotfiles/cursor.json', '{}\n');
    mkdirSync(join(directory, '.cursor'));
    const link = join(directory, '.cursor/mcp.json');
    symlinkSync('../dotfiles/cursor.json', link);
    expect((await run('install', 'cursor', '--yes')).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toContain('signalbox');
  });

  it('--project writes that of the project in this directory', async () => {
    const { directory, env } = home();
    const args = [BIN, 'install', 'vscode', '--project', '--yes'];
    const options = {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, ...env, NODE_OPTIONS: '' },
    } as const;
    expect(spawnSync(process.execPath, args, options).status).toBe(0);
    expect(JSON.parse(readFileSync(join(directory, '.vscode/mcp.json'), 'utf8'))).toEqual({
      servers: { signalbox: { type: 'stdio', ...MEMBERS } },
    });
  });

  it.each(['VS Code', 'vs-code', 'VSCode', 'Gemini CLI', 'gemini', 'Claude Desktop'])(
    'knows %s, however it is written',
    async (name) => {
      expect(await home().run('install', name, '--print')).toMatchObject({ code: 0, stderr: '' });
    },
  );

  it('--print only shows what belongs there', async () => {
    const { directory, run } = home();
    const json = await run('install', 'zed', '--print');
    expect(JSON.parse(json.stdout)).toEqual({
      context_servers: { signalbox: { source: 'custom', ...MEMBERS } },
    });
    const toml = await run('install', 'codex', '--print');
    expect(parse(toml.stdout)).toEqual({ mcp_servers: { signalbox: MEMBERS } });
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('signalbox install tells in one line what is wrong, and touches nothing:', () => {
  it.each([
    [['install'], 'install needs a client: one of claude-code, '],
    [['install', 'cursr'], 'unknown client cursr; did you mean cursor?'],
    [['install', 'emacs'], 'unknown client emacs: one of claude-code, '],
    [['install', 'cursor', 'zed'], 'install takes one client'],
    [['install', 'windsurf', '--project'], 'Windsurf has no configuration of a project'],
    [['uninstall', 'zed', '--print'], 'unknown option --print'],
  ])('%j', async (args, message) => {
    const { stderr, code } = await home().run(...args);
    expect(stderr).toMatch(/^signalbox: .*\n$/);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it.each([
    ['broken JSON', '{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: comma expected'],
    ['servers that are no object', '{"mcpServers": 1}', 'line 1, column 16: "mcpServers" is not'],
    ['an entry that is there twice', '{"mcpServers":{"signalbox":{},"signalbox":{}}}', 'twice'],
  ])('%s', async (_, text, message) => {
    const { put, run } = home();
    const file = put('.gemini/settings.json', text);
    for (const verb of ['install', 'uninstall']) {
      const { stdout, stderr, code } = await run(verb, 'gemini', '--yes');
      expect(stderr).toMatch(/^signalbox: .*\n$/);
      expect(stderr).toContain(`${file}: `);
      expect(stderr).toContain(message);
      expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    }
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(dirname(file))).toEqual(['settings.json']);
  });

  it('broken TOML', async () => {
    const { put, run } = home();
    const file = put('.codex/config.toml', 'model = "x"\nargs = [\n');
    const { stderr, code } = await run('install', 'codex', '--yes');
    expect(stderr).toContain(`${file}: line `);
    expect(code).toBe(1);
  });

  it('a read-only file', async () => {
    const { put, run } = home();
    const file = put('.cursor/mcp.json', '{}\n');
    chmodSync(file, 0o444);
    const { stderr, code } = await run('install', 'cursor', '--yes');
    expect(stderr).toBe(`signalbox: ${file} is read-only: nothing is written\n`);
    expect(code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('{}\n');
    expect(readdirSync(dirname(file))).toEqual(['mcp.json']);
  });

  it.each([
    [
      'a directory in its place',
      (at: string) => mkdirSync(at, { recursive: true }),
      /is not a file|EISDIR/,
    ],
    [
      'a file in the place of its directory',
      (at: string) => {
        mkdirSync(dirname(dirname(at)), { recursive: true });
        writeFileSync(dirname(at), '');
      },
      /ENOTDIR|EEXIST/,
    ],
  ])('%s', async (_, obstruct, reason) => {
    const { directory, run } = home();
    obstruct(join(directory, '.cursor/mcp.json'));
    const { stderr, code } = await run('install', 'cursor', '--yes');
    expect(stderr).toMatch(/^signalbox: .*\n$/);
    expect(stderr).toMatch(reason);
    expect(code).toBe(1);
  });
});
