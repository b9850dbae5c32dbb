import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findConfigs } from '../../src/clients/find-configs.ts';
import { home } from '../helpers/home.ts';
import { BIN } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';

describe('findConfigs', () => {
  it('finds the configurations of the user and the project, with their problems', async () => {
    const { directory, env, put } = home();
    const where = { env, platform: 'linux', home: directory, tmp: '/tmp' } as const;
    const project = temporaryDirectory();
    const entry = (command: unknown, ...args: readonly string[]) =>
      JSON.stringify({ mcpServers: { signalbox: { command, args } } });
    put('.claude.json', entry(process.execPath, BIN, 'hub'));
    put('.cursor/mcp.json', entry('/nowhere/node', '/nowhere/signalbox.js'));
    put('.gemini/settings.json', '{');
    put('.codeium/windsurf/mcp_config.json', '{}');
    put('.config/zed/settings.json', JSON.stringify({ context_servers: { signalbox: {} } }));
    writeFileSync(join(project, '.mcp.json'), entry('npx', 'signalbox', 'hub'));
    const found = await findConfigs(where, project);
    expect(
      found.map(({ client, isOfProject, hasEntry, problem }) => [
        client.name,
        isOfProject,
        hasEntry,
        problem,
      ]),
    ).toEqual([
      ['claude-code', false, true, null],
      ['claude-code', true, true, null],
      [
        'cursor',
        false,
        true,
        "its entry starts a file that doesn't exist: /nowhere/node, /nowhere/signalbox.js",
      ],
      ['gemini', false, false, 'line 1, column 2: close brace expected'],
      ['windsurf', false, false, null],
      ['zed', false, true, 'its entry has no command'],
    ]);
  });

  it('reads entries in the shape of each client', async () => {
    const { directory, env, put } = home();
    const where = { env, platform: 'linux', home: directory, tmp: '/tmp' } as const;
    const opencode = (...command: readonly unknown[]) =>
      JSON.stringify({ mcp: { signalbox: { type: 'local', command } } });
    const problems = async () =>
      (await findConfigs(where, temporaryDirectory())).map(({ file, hasEntry, problem }) => [
        file.slice(directory.length + 1),
        hasEntry,
        problem,
      ]);
    put('.config/opencode/opencode.json', opencode(process.execPath, BIN, 'hub'));
    expect(await problems()).toEqual([['.config/opencode/opencode.json', true, null]]);
    put('.config/opencode/opencode.json', opencode('/nowhere/node', '/nowhere/signalbox.js'));
    const missing =
      "its entry starts a file that doesn't exist: /nowhere/node, /nowhere/signalbox.js";
    expect(await problems()).toEqual([['.config/opencode/opencode.json', true, missing]]);
    put('.config/opencode/opencode.json', opencode());
    expect(await problems()).toEqual([
      ['.config/opencode/opencode.json', true, 'its entry has no command'],
    ]);
    put('.config/opencode/opencode.jsonc', '{ /* mine */ }');
    expect(await problems()).toMatchObject([
      ['.config/opencode/opencode.json', true, expect.anything()],
    ]);
    put('.config/opencode/opencode.json', '{}');
    expect(await problems()).toEqual([['.config/opencode/opencode.jsonc', false, null]]);
  });
});
