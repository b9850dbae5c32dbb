import { posix, win32 } from 'node:path';
import type { Surroundings } from '../paths.ts';

/** An agent whose configuration is known. */
export interface Client {
  /** As it is typed. */
  readonly name: string;
  /** As its makers call it. */
  readonly title: string;
  /** Where they say what stands here. */
  readonly docs: string;
  readonly format: 'json' | 'toml';
  /** The key under which its MCP servers stand. */
  readonly servers: string;
  /** What an entry needs beside `command` and `args`. */
  readonly needs: Readonly<Record<string, string>>;
  /** The user's configuration file. */
  userFile(where: Surroundings): string;
  /** That of a project, relative to it; null when projects have none. */
  readonly projectFile: string | null;
}

/** A file below the home directory, the same on all systems. */
const inHome =
  (...names: readonly string[]) =>
  ({ home, platform }: Surroundings) =>
    (platform === 'win32' ? win32 : posix).join(home, ...names);

/** A file below the place where the system keeps configurations of applications. */
const inApplicationData =
  (...names: readonly string[]) =>
  ({ env, home, platform }: Surroundings) => {
    if (platform === 'win32') {
      return win32.join(env['APPDATA'] || win32.join(home, 'AppData', 'Roaming'), ...names);
    }
    const base =
      platform === 'darwin'
        ? posix.join(home, 'Library', 'Application Support')
        : configHome(env, home);
    return posix.join(base, ...names);
  };

/** The agents that are known. One more is one more entry. */
export const CLIENTS: readonly Client[] = [
  {
    name: 'claude-code',
    title: 'Claude Code',
    docs: 'https://code.claude.com/docs/en/mcp',
    format: 'json',
    servers: 'mcpServers',
    needs: { type: 'stdio' },
    userFile: (where) =>
      movedBy('CLAUDE_CONFIG_DIR', '.claude.json', where) ?? inHome('.claude.json')(where),
    projectFile: '.mcp.json',
  },
  {
    name: 'claude-desktop',
    title: 'Claude Desktop',
    docs: 'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
    format: 'json',
    servers: 'mcpServers',
    needs: {},
    userFile: inApplicationData('Claude', 'claude_desktop_config.json'),
    projectFile: null,
  },
  {
    name: 'codex',
    title: 'Codex',
    docs: 'https://developers.openai.com/codex/mcp',
    format: 'toml',
    servers: 'mcp_servers',
    needs: {},
    userFile: (where) =>
      movedBy('CODEX_HOME', 'config.toml', where) ?? inHome('.codex', 'config.toml')(where),
    projectFile: '.codex/config.toml',
  },
  {
    name: 'cursor',
    title: 'Cursor',
    docs: 'https://cursor.com/docs/context/mcp',
    format: 'json',
    servers: 'mcpServers',
    needs: {},
    userFile: inHome('.cursor', 'mcp.json'),
    projectFile: '.cursor/mcp.json',
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    docs: 'https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md',
    format: 'json',
    servers: 'mcpServers',
    needs: {},
    userFile: inHome('.gemini', 'settings.json'),
    projectFile: '.gemini/settings.json',
  },
  {
    name: 'vscode',
    title: 'VS Code',
    docs: 'https://code.visualstudio.com/docs/copilot/customization/mcp-servers',
    format: 'json',
    servers: 'servers',
    needs: { type: 'stdio' },
    userFile: inApplicationData('Code', 'User', 'mcp.json'),
    projectFile: '.vscode/mcp.json',
  },
  {
    name: 'windsurf',
    title: 'Windsurf',
    docs: 'https://docs.windsurf.com/windsurf/cascade/mcp',
    format: 'json',
    servers: 'mcpServers',
    needs: {},
    userFile: inHome('.codeium', 'windsurf', 'mcp_config.json'),
    projectFile: null,
  },
  {
    name: 'zed',
    title: 'Zed',
    docs: 'https://zed.dev/docs/ai/mcp',
    format: 'json',
    servers: 'context_servers',
    needs: { source: 'custom' },
    userFile: (where) =>
      where.platform === 'win32'
        ? inApplicationData('Zed', 'settings.json')(where)
        : posix.join(
            where.platform === 'darwin'
              ? posix.join(where.home, '.config')
              : configHome(where.env, where.home),
            'zed',
            'settings.json',
          ),
    projectFile: '.zed/settings.json',
  },
];

/** The file in the directory that a variable names, or null. */
function movedBy(variable: string, name: string, { env, platform }: Surroundings): string | null {
  const directory = env[variable];
  return directory ? (platform === 'win32' ? win32 : posix).join(directory, name) : null;
}

function configHome(env: Surroundings['env'], home: string): string {
  return env['XDG_CONFIG_HOME'] || posix.join(home, '.config');
}
