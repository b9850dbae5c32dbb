import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { home } from '../helpers/home.ts';

describe('signalbox install reports a problem in one line, and changes nothing:', () => {
  it.each([
    [['install'], 'install needs a client: one of claude-code, '],
    [['install', 'cursr'], 'unknown client cursr; did you mean cursor?'],
    [['install', 'emacs'], 'unknown client emacs: one of claude-code, '],
    [['install', 'cursor', 'zed'], 'install takes one client'],
    [['install', 'windsurf', '--project'], 'Windsurf has no project configuration'],
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
    ['a duplicate entry', '{"mcpServers":{"signalbox":{},"signalbox":{}}}', 'duplicate key'],
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
    ['key = s3cr3t', 'Invalid integer •••'],
    ['key = "s3cr3t', 'Newline'],
    ['[s3cr3t', 'Expected table closing "]"'],
    ['key = "a" s3cr3t', 'separated by a newline'],
  ])('broken TOML, without the value that is broken: %j', async (text, message) => {
    const { put, run } = home();
    const file = put('.codex/config.toml', `${text}\n`);
    const { stderr, code } = await run('install', 'codex', '--yes');
    expect(stderr).toContain(`${file}: line 1, column `);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('s3cr3t');
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
      expect(stderr).toBe(`signalbox: ${file} is not valid UTF-8: save it as UTF-8 first\n`);
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
    expect(stderr).toBe(`signalbox: ${file} is read-only: nothing was written\n`);
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
