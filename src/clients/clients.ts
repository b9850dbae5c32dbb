import type { Client } from './client.ts';
import { inApplicationData, inFolderOf, inHome } from './client-places.ts';
import { commandAndArgs, commandArray } from './entry-shape.ts';

/** The supported agents. To support another one, add an entry. */
export const CLIENTS: readonly Client[] = [
  {
    name: 'claude-code',
    title: 'Claude Code',
    docs: 'https://code.claude.com/docs/en/mcp',
    format: 'json',
    servers: 'mcpServers',
    shape: commandAndArgs,
    needs: { type: 'stdio' },
    userFile: inFolderOf('CLAUDE_CONFIG_DIR', '', '.claude.json'),
    projectFile: '.mcp.json',
    starts: {
      user: 'Claude Code starts the hub in its next session.',
      project:
        'Claude Code starts the hub in this project once you approve it. It asks at its next start; or run /mcp.',
    },
  },
  {
    name: 'claude-desktop',
    title: 'Claude Desktop',
    docs: 'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
    format: 'json',
    servers: 'mcpServers',
    shape: commandAndArgs,
    needs: {},
    userFile: inApplicationData('Claude', 'claude_desktop_config.json'),
    projectFile: null,
    starts: {
      user: 'Claude Desktop starts the hub once you quit it and open it again.',
      project: null,
    },
  },
  {
    name: 'codex',
    title: 'Codex',
    docs: 'https://developers.openai.com/codex/mcp',
    format: 'toml',
    servers: 'mcp_servers',
    shape: commandAndArgs,
    needs: {},
    userFile: inFolderOf('CODEX_HOME', '.codex', 'config.toml'),
    projectFile: '.codex/config.toml',
    starts: {
      user: 'Codex starts the hub in its next session.',
      project:
        'Codex starts the hub in this project in its next session if the project is trusted. Otherwise it ignores this file.',
    },
  },
  {
    name: 'copilot',
    title: 'GitHub Copilot CLI',
    docs: 'https://docs.github.com/en/copilot/how-tos/copilot-cli/customize-copilot/add-mcp-servers',
    format: 'json',
    servers: 'mcpServers',
    shape: commandAndArgs,
    needs: { type: 'local' },
    defaults: { tools: ['*'] },
    userFile: inFolderOf('COPILOT_HOME', '.copilot', 'mcp-config.json'),
    // It also reads `.mcp.json`, but so does Claude Code, which doesn't support type "local".
    projectFile: '.github/mcp.json',
    starts: {
      user: 'GitHub Copilot CLI starts the hub in its next session.',
      project:
        'GitHub Copilot CLI (1.0.61 or newer) starts the hub in this project once you trust the folder. It asks at its next start.',
    },
  },
  {
    name: 'cursor',
    title: 'Cursor',
    docs: 'https://cursor.com/docs/context/mcp',
    format: 'json',
    servers: 'mcpServers',
    shape: commandAndArgs,
    needs: {},
    userFile: inHome('.cursor', 'mcp.json'),
    projectFile: '.cursor/mcp.json',
    starts: {
      user: 'Cursor starts the hub once you enable it under MCP servers in its settings.',
      project:
        'Cursor starts the hub in this project once you enable it under MCP servers in its settings.',
    },
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    docs: 'https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md',
    format: 'json',
    servers: 'mcpServers',
    shape: commandAndArgs,
    needs: {},
    userFile: inHome('.gemini', 'settings.json'),
    projectFile: '.gemini/settings.json',
    starts: {
      user: 'Gemini CLI starts the hub at its next start, except in untrusted folders, where it starts no MCP servers.',
      project:
        'Gemini CLI starts the hub in this project at its next start if the folder is trusted. Otherwise it ignores this file.',
    },
  },
  {
    name: 'opencode',
    title: 'OpenCode',
    docs: 'https://opencode.ai/docs/mcp-servers/',
    format: 'json',
    servers: 'mcp',
    shape: commandArray,
    needs: { type: 'local', enabled: true },
    // In ~/.config on all systems.
    userFile: inFolderOf('XDG_CONFIG_HOME', '.config', 'opencode', 'opencode.json'),
    projectFile: 'opencode.json',
    otherEnding: '.jsonc',
    starts: {
      user: 'OpenCode starts the hub at its next start.',
      project: 'OpenCode starts the hub in this project at its next start.',
    },
  },
  {
    name: 'qwen',
    title: 'Qwen Code',
    docs: 'https://qwenlm.github.io/qwen-code-docs/en/users/features/mcp/',
    format: 'json',
    servers: 'mcpServers',
    shape: commandAndArgs,
    needs: {},
    userFile: inFolderOf('QWEN_HOME', '.qwen', 'settings.json'),
    projectFile: '.qwen/settings.json',
    starts: {
      user: 'Qwen Code starts the hub at its next start, in trusted folders.',
      project:
        'Qwen Code starts the hub in this project at its next start if the folder is trusted. Otherwise it ignores this file.',
    },
  },
  {
    name: 'vscode',
    title: 'VS Code',
    docs: 'https://code.visualstudio.com/docs/copilot/customization/mcp-servers',
    format: 'json',
    servers: 'servers',
    shape: commandAndArgs,
    needs: { type: 'stdio' },
    userFile: inApplicationData('Code', 'User', 'mcp.json'),
    projectFile: '.vscode/mcp.json',
    starts: {
      user: 'VS Code starts the hub once you confirm that you trust it. It asks the first time.',
      project:
        'VS Code starts the hub in this project once you trust the workspace and confirm that you trust the server. It asks the first time.',
    },
  },
  {
    name: 'windsurf',
    title: 'Windsurf',
    docs: 'https://docs.windsurf.com/windsurf/cascade/mcp',
    format: 'json',
    servers: 'mcpServers',
    shape: commandAndArgs,
    needs: {},
    userFile: inHome('.codeium', 'windsurf', 'mcp_config.json'),
    projectFile: null,
    starts: {
      user: 'Windsurf starts the hub once you select Refresh in its list of MCP servers, or restart it.',
      project: null,
    },
  },
  {
    name: 'zed',
    title: 'Zed',
    docs: 'https://zed.dev/docs/ai/mcp',
    format: 'json',
    servers: 'context_servers',
    shape: commandAndArgs,
    needs: { source: 'custom' },
    userFile: (where) =>
      where.platform === 'win32'
        ? inApplicationData('Zed', 'settings.json')(where)
        : where.platform === 'darwin'
          ? inHome('.config', 'zed', 'settings.json')(where)
          : inFolderOf('XDG_CONFIG_HOME', '.config', 'zed', 'settings.json')(where),
    projectFile: '.zed/settings.json',
    starts: {
      user: 'Zed starts the hub at its next start.',
      project:
        'Zed starts the hub in this project once you trust the project. Until then it is open in Restricted Mode.',
    },
  },
];
