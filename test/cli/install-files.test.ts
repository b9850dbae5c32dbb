import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { home } from '../helpers/home.ts';

describe('signalbox install', () => {
  it('keeps a private backup next to the file', async () => {
    const { put, run } = home();
    const before = '\ufeff{\n  "theme": "dark" // keep\n}\n';
    const file = put('.cursor/mcp.json', before, 0o640);
    const { stdout } = await run('install', 'cursor', '--yes');
    expect(stdout).toContain(`Backup: ${file}.signalbox-backup`);
    expect(readFileSync(`${file}.signalbox-backup`, 'utf8')).toBe(before);
    expect(statSync(`${file}.signalbox-backup`).mode & 0o777).toBe(0o600);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(file, 'utf8')).toMatch(/^\ufeff\{\n {2}"theme": "dark", \/\/ keep\n/);
    await run('uninstall', 'cursor', '--yes');
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('keeps every backup, and never renames the first', async () => {
    const { put, run } = home();
    const before = '{\n  "theme": "dark"\n}\n';
    const file = put('.cursor/mcp.json', before);
    await run('install', 'cursor', '--yes');
    const installed = readFileSync(file, 'utf8');
    const { stdout } = await run('uninstall', 'cursor', '--yes');
    expect(stdout).toContain(`Backup: ${file}.signalbox-backup-2\n`);
    expect((await run('install', 'cursor', '--yes')).stdout).toContain('.signalbox-backup-3\n');
    const kept = ['', '-2', '-3'].map((end) =>
      readFileSync(`${file}.signalbox-backup${end}`, 'utf8'),
    );
    expect(kept).toEqual([before, installed, before]);
    expect(readdirSync(dirname(file)).length).toBe(4);
  });

  it('shows its own entry and no other values of the file', async () => {
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

  it('writes the target of a link, and keeps the link', async () => {
    const { directory, put, run } = home();
    const target = put('dotfiles/cursor.json', '{}\n');
    mkdirSync(join(directory, '.cursor'));
    const link = join(directory, '.cursor/mcp.json');
    symlinkSync('../dotfiles/cursor.json', link);
    expect((await run('install', 'cursor', '--yes')).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toContain('signalbox');
  });

  it('writes the missing target of a link, and keeps the link', async () => {
    const { directory, run } = home();
    mkdirSync(join(directory, '.cursor'));
    const link = join(directory, '.cursor/mcp.json');
    symlinkSync('../dotfiles/cursor.json', link);
    expect((await run('install', 'cursor', '--yes')).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(directory, 'dotfiles/cursor.json'), 'utf8')).toContain('signalbox');
  });
});
