import { describe, expect, it } from '@jest/globals';
import { COMMANDS } from '../../src/cli/commands.ts';
import { renderHelp } from '../../src/cli/help.ts';
import { nameOf } from '../../src/config/option.ts';
import { OPTIONS } from '../../src/config/options.ts';

describe('the help', () => {
  it('names every command and every option', async () => {
    const help = await renderHelp();
    for (const { name } of COMMANDS) expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const { name } of OPTIONS)
      expect(help).toMatch(new RegExp(`^  --(\\[no-\\])?${name} `, 'm'));
  });

  it.each(COMMANDS)('of $name gives its usage and its options', async (command) => {
    const help = await renderHelp(command.name);
    expect(help).toContain(`\nUsage: signalbox ${command.name}`);
    for (const [key, { help: says }] of Object.entries(command.options))
      if (says !== null) expect(help).toContain(`\n  --${nameOf(key)} `);
  });

  it('gives options of the hub to those that take them, with the defaults that they have', async () => {
    expect(await renderHelp('hub')).toMatch(/--log-level LEVEL .*\(info\)/);
    expect(await renderHelp('list')).toMatch(/--log-level LEVEL .*\(error\)/);
    expect(await renderHelp('register')).not.toContain('--log-level');
  });

  it('names the clients that install knows', async () => {
    expect(await renderHelp('install')).toMatch(/^ {2}CLIENT +claude-code, claude-desktop, /m);
  });

  it('does not show options that are only accepted', async () => {
    expect(await renderHelp('run')).not.toMatch(/--token/);
  });

  it.each(['toString', '__proto__', 'serve', 'demo-instance', ''])(
    'is null for %j, which is no command',
    async (word) => {
      expect(await renderHelp(word)).toBeNull();
    },
  );
});
