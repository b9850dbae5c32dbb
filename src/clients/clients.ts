import type { Client } from './client.ts';
import { inApplicationData, inFolderOf, inHome } from './client-places.ts';
import { commandAndArgs, commandArray } from './entry-shape.ts';

/** The agents that are known. One more is one more entry. */
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
      user: 'Claude Code starts the hub from its next session on.',
      project:
        'Claude Code starts the hub in this project once you approve it: it asks at its next start, or run /mcp.',
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
      user: 'Codex starts the hub from its next session on.',
      project:
        'Codex starts the hub in this project from its next session on, if you have told it to trust the project: it ignores this file otherwise.',
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
    // Its other one, `.mcp.json`, is Claude Code's as well, which knows no type "local".
    projectFile: '.github/mcp.json',
    starts: {
      user: 'GitHub Copilot CLI starts the hub from its next session on.',
      project:
        'GitHub Copilot CLI (1.0.61 or newer) starts the hub in this project once you trust the folder: it asks at its next start.',
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
      user: 'Cursor starts the hub once it is switched on among the MCP servers in its settings.',
      project:
        'Cursor starts the hub in this project once it is switched on among the MCP servers in its settings.',
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
      user: 'Gemini CLI starts the hub from its next start on, except in folders that it does not trust: there it starts no MCP server.',
      project:
        'Gemini CLI starts the hub in this project from its next start on, unless it does not trust the folder: then it ignores this file.',
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
    // Below ~/.config on every system.
    userFile: inFolderOf('XDG_CONFIG_HOME', '.config', 'opencode', 'opencode.json'),
    projectFile: 'opencode.json',
    otherEnding: '.jsonc',
    starts: {
      user: 'OpenCode starts the hub from its next start on.',
      project: 'OpenCode starts the hub in this project from its next start on.',
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
      user: 'Qwen Code starts the hub from its next start on, in folders that it trusts.',
      project:
        'Qwen Code starts the hub in this project from its next start on, unless it does not trust the folder: then it ignores this file.',
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
      user: 'VS Code starts the hub once you confirm that you trust it: it asks the first time.',
      project:
        'VS Code starts the hub in this project once you trust the workspace and confirm that you trust the server: it asks the first time.',
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
      user: 'Windsurf starts the hub once you press Refresh in its list of MCP servers, or restart it.',
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
      user: 'Zed starts the hub from its next start on.',
      project:
        'Zed starts the hub in this project once you trust it: until then it is open in Restricted Mode.',
    },
  },
];
