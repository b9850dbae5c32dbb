import { describe, expect, it } from '@jest/globals';
import { CLIENTS } from '../../src/clients/clients.ts';
import type { Surroundings } from '../../src/paths.ts';

const LINUX: Surroundings = { env: {}, platform: 'linux', home: '/home/me', tmp: '/tmp' };
const MAC: Surroundings = { env: {}, platform: 'darwin', home: '/Users/me', tmp: '/tmp' };
const WINDOWS: Surroundings = {
  env: { APPDATA: 'C:\\Users\\me\\AppData\\Roaming' },
  platform: 'win32',
  home: 'C:\\Users\\me',
  tmp: 'C:\\Temp',
};

const fileOf = (name: string, where: Surroundings) =>
  CLIENTS.find((each) => each.name === name)?.userFile(where);

describe('the user configuration', () => {
  it.each([
    ['claude-code', '.claude.json', '.claude.json', '.claude.json'],
    [
      'claude-desktop',
      '.config/Claude/claude_desktop_config.json',
      'Library/Application Support/Claude/claude_desktop_config.json',
      'AppData\\Roaming\\Claude\\claude_desktop_config.json',
    ],
    ['codex', '.codex/config.toml', '.codex/config.toml', '.codex\\config.toml'],
    ['cursor', '.cursor/mcp.json', '.cursor/mcp.json', '.cursor\\mcp.json'],
    [
      'copilot',
      '.copilot/mcp-config.json',
      '.copilot/mcp-config.json',
      '.copilot\\mcp-config.json',
    ],
    [
      'opencode',
      '.config/opencode/opencode.json',
      '.config/opencode/opencode.json',
      '.config\\opencode\\opencode.json',
    ],
    ['qwen', '.qwen/settings.json', '.qwen/settings.json', '.qwen\\settings.json'],
    ['gemini', '.gemini/settings.json', '.gemini/settings.json', '.gemini\\settings.json'],
    [
      'vscode',
      '.config/Code/User/mcp.json',
      'Library/Application Support/Code/User/mcp.json',
      'AppData\\Roaming\\Code\\User\\mcp.json',
    ],
    [
      'windsurf',
      '.codeium/windsurf/mcp_config.json',
      '.codeium/windsurf/mcp_config.json',
      '.codeium\\windsurf\\mcp_config.json',
    ],
    [
      'zed',
      '.config/zed/settings.json',
      '.config/zed/settings.json',
      'AppData\\Roaming\\Zed\\settings.json',
    ],
  ])('of %s has the right path on Linux, macOS and Windows', (name, linux, mac, windows) => {
    expect(fileOf(name, LINUX)).toBe(`/home/me/${linux}`);
    expect(fileOf(name, MAC)).toBe(`/Users/me/${mac}`);
    expect(fileOf(name, WINDOWS)).toBe(`C:\\Users\\me\\${windows}`);
  });

  it.each([
    ['claude-code', 'CLAUDE_CONFIG_DIR', '/etc/x/.claude.json'],
    ['codex', 'CODEX_HOME', '/etc/x/config.toml'],
    ['zed', 'XDG_CONFIG_HOME', '/etc/x/zed/settings.json'],
    ['vscode', 'XDG_CONFIG_HOME', '/etc/x/Code/User/mcp.json'],
    ['copilot', 'COPILOT_HOME', '/etc/x/mcp-config.json'],
    ['opencode', 'XDG_CONFIG_HOME', '/etc/x/opencode/opencode.json'],
    ['qwen', 'QWEN_HOME', '/etc/x/settings.json'],
  ])('of %s follows %s', (name, variable, file) => {
    expect(fileOf(name, { ...LINUX, env: { [variable]: '/etc/x' } })).toBe(file);
  });
});

describe('every client', () => {
  it('is listed once and has a link to its documentation', () => {
    for (const { docs } of CLIENTS) expect(docs).toMatch(/^https:\/\//);
    expect(new Set(CLIENTS.map(({ name }) => name)).size).toBe(CLIENTS.length);
    expect(CLIENTS.length).toBe(11);
  });

  it('says when it starts the hub, for each of its files', () => {
    for (const { title, projectFile, starts } of CLIENTS) {
      for (const sentence of [starts.user, ...(starts.project === null ? [] : [starts.project])]) {
        expect(sentence.startsWith(title)).toBe(true);
        expect(sentence).toMatch(/^[^.].* starts the hub .*[a-z/]\.$/);
      }
      expect(starts.project === null).toBe(projectFile === null);
    }
  });

  it('has its own project file', () => {
    const files = CLIENTS.flatMap(({ projectFile }) => projectFile ?? []);
    expect(new Set(files).size).toBe(files.length);
  });
});
