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

  it('keeps what was there beside it, for its owner only', async () => {
    const { put, run } = home();
    const before = '\ufeff{\n  "theme": "dark" // keep\n}\n';
    const file = put('.cursor/mcp.json', before, 0o640);
    const { stdout } = await run('install', 'cursor', '--yes');
    expect(stdout).toContain(`What was there before: ${file}.signalbox-backup`);
    expect(readFileSync(`${file}.signalbox-backup`, 'utf8')).toBe(before);
    expect(statSync(`${file}.signalbox-backup`).mode & 0o777).toBe(0o600);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(file, 'utf8')).toMatch(/^\ufeff\{\n {2}"theme": "dark", \/\/ keep\n/);
    await run('uninstall', 'cursor', '--yes');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('keeps every backup, the first under its first name', async () => {
    const { put, run } = home();
    const before = '{\n  "theme": "dark"\n}\n';
    const file = put('.cursor/mcp.json', before);
    await run('install', 'cursor', '--yes');
    const installed = readFileSync(file, 'utf8');
    const { stdout } = await run('uninstall', 'cursor', '--yes');
    expect(stdout).toContain(`What was there before: ${file}.signalbox-backup-2\n`);
    expect((await run('install', 'cursor', '--yes')).stdout).toContain('.signalbox-backup-3\n');
    const kept = ['', '-2', '-3'].map((end) =>
      readFileSync(`${file}.signalbox-backup${end}`, 'utf8'),
    );
    expect(kept).toEqual([before, installed, before]);
    expect(readdirSync(dirname(file)).length).toBe(4);
  });

  it('shows its own entry and no other value of the file', async () => {
    const { put, run } = home();
    const other = { command: 'npx', env: { TOKEN: 's3cr3t-1' }, headers: { A: 'Bearer s3cr3t-2' } };
    const mine = { command: 'old', args: ['x', 'hub', '--settle', '2s'], env: { KEY: 's3cr3t-3' } };
    const said = { a: 's3cr3t-4', mcpServers: { b: other, signalbox: mine, c: other }, pin: 53273 };
    put('.cursor/mcp.json', `// s3cr3t-5\n${JSON.stringify(said, null, 2)}\n`);
    const { code, stdout } = await run('install', 'cursor', '--yes');
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/s3cr3t|53273/);
    expect(stdout).toContain('-      "command": "old",\n');
    expect(stdout).toContain(`+      "command": "${process.execPath}",\n`);
    expect(stdout).toContain('         "--settle",\n');
    expect((await run('uninstall', 'cursor', '--yes')).stdout).not.toMatch(/s3cr3t|53273/);

    const toml = 'key = "s3cr3t"\n\n[mcp_servers.b]\nenv = { TOKEN = "s3cr3t" } # s3cr3t\n';
    put('.codex/config.toml', toml);
    const codex = await run('install', 'codex', '--yes');
    expect(codex.stdout).toContain(`+command = "${process.execPath}"\n`);
    expect(codex.stdout).toContain(' env = { TOKEN = ••• } # •••\n');
    expect(codex.stdout).not.toContain('s3cr3t');
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

  it('writes what a link to nothing yet leads to, and leaves the link', async () => {
    const { directory, run } = home();
    mkdirSync(join(directory, '.cursor'));
    const link = join(directory, '.cursor/mcp.json');
    symlinkSync('../dotfiles/cursor.json', link);
    expect((await run('install', 'cursor', '--yes')).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(directory, 'dotfiles/cursor.json'), 'utf8')).toContain('signalbox');
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

  it('--print only shows what belongs there', async () => {
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

  it.each([
    ['Latin-1', Buffer.from('{ "name": "J\xfcrgen" }\n', 'latin1')],
    ['UTF-16', Buffer.from('\ufeff{ "name": "J\xfcrgen" }\n', 'utf16le')],
  ])('a file in %s', async (_, bytes) => {
    const { put, run } = home();
    const file = put('.cursor/mcp.json', '');
    writeFileSync(file, bytes);
    for (const verb of ['install', 'uninstall']) {
      const { stdout, stderr, code } = await run(verb, 'cursor', '--yes');
      expect(stderr).toBe(
        `signalbox: ${file} is not valid UTF-8: save it in that encoding first\n`,
      );
      expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    }
    expect(readFileSync(file)).toEqual(bytes);
    expect(readdirSync(dirname(file))).toEqual(['mcp.json']);
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
