import { describe, expect, it } from '@jest/globals';
import { COMMAND_NAMES, renderHelp } from '../../src/cli/help.ts';
import { OPTIONS } from '../../src/config/options.ts';

describe('the help', () => {
  it('names every command and every option', () => {
    const help = renderHelp();
    for (const name of COMMAND_NAMES) expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
    for (const { name } of OPTIONS)
      expect(help).toMatch(new RegExp(`^  --(\\[no-\\])?${name} `, 'm'));
  });

  it.each(COMMAND_NAMES)('of %s gives its usage', (name) => {
    expect(renderHelp(name)).toContain(`\nUsage: signalbox ${name}`);
  });

  it('gives options of the hub to those that take them, with the defaults that they have', () => {
    expect(renderHelp('hub')).toMatch(/--log-level LEVEL .*\(info\)/);
    expect(renderHelp('list')).toMatch(/--log-level LEVEL .*\(error\)/);
    expect(renderHelp('register')).not.toContain('--log-level');
  });

  it.each(['toString', '__proto__', 'serve', ''])('is null for %j, which is no command', (word) => {
    expect(renderHelp(word)).toBeNull();
  });
});
