import { describe, expect, it } from '@jest/globals';
import { command, type Invocation } from '../../src/cli/command.ts';
import { COMMANDS, commandNamed } from '../../src/cli/commands.ts';
import { flag, nameOf, type Options, setting, value } from '../../src/config/option.ts';
import { wholeNumber } from '../../src/config/options.ts';
import { UsageError } from '../../src/errors.ts';

const options = {
  name: value('N', 'a name'),
  portNumber: value('P', 'a port', wholeNumber),
  speed: setting('S', '30', wholeNumber, 'a speed'),
  dryRun: flag('changes nothing'),
};

/** Runs a command with these options, and resolves with what its implementation is given. */
async function given(
  args: readonly string[],
  takes: { operand?: { name: string; help: null }; takesProgram?: boolean } = {},
): Promise<Invocation<typeof options>> {
  return new Promise((resolve, reject) => {
    const facts = { name: 'try', usage: 'try', does: 'nothing', options };
    command({ ...facts, ...takes, run: async (invocation) => resolve(invocation) })
      .run(args)
      .catch(reject);
  });
}

describe('a command gets', () => {
  it('the values of its options, or their defaults', async () => {
    expect((await given([])).options).toEqual({
      name: null,
      portNumber: null,
      speed: 30,
      dryRun: false,
    });
    const args = ['--name', 'a', '--name=b', '--port-number', '7', '--speed=1', '--dry-run'];
    expect((await given(args)).options).toEqual({
      name: 'b',
      portNumber: 7,
      speed: 1,
      dryRun: true,
    });
  });

  it('its operands, and the program after --, if it takes them', async () => {
    const operand = { name: 'FILE', help: null };
    expect((await given(['a', '--dry-run', 'b'], { operand })).operands).toEqual(['a', 'b']);
    const args = ['--dry-run', '--', 'ls', '--name', '--', 'x'];
    const { options: own, program } = await given(args, { takesProgram: true });
    expect({ own, program }).toMatchObject({
      own: { dryRun: true, name: null },
      program: ['ls', '--name', '--', 'x'],
    });
  });

  it.each([
    [['--port-number', 'x'], '--port-number: "x" is not a whole number'],
    [['--speed', ''], '--speed: "" is not a whole number'],
    [['--name'], '--name needs a value'],
    [['--dry-run=1'], '--dry-run takes no value'],
    [['--no-dry-run'], 'unknown option --no-dry-run'],
    [['--dry-rn'], 'unknown option --dry-rn; did you mean --dry-run?'],
    [['--portNumber', '1'], 'unknown option --portNumber'],
    [['word'], 'unexpected "word"'],
  ])('nothing when %j is wrong', async (args, message) => {
    await expect(given(args)).rejects.toBeInstanceOf(UsageError);
    await expect(given(args)).rejects.toThrow(message);
  });
});

describe('every command', () => {
  it('is found by its name', () => {
    for (const each of COMMANDS) expect(commandNamed(each.name)).toBe(each);
    expect(commandNamed('--mcp')).toBe(commandNamed('hub'));
    for (const word of ['toString', '', 'help']) expect(commandNamed(word)).toBeUndefined();
  });

  it.each(COMMANDS)('$name parses the options that its help shows', async (each) => {
    const table: Options = { ...each.options, ...each.settings?.options };
    for (const [key, { takes }] of Object.entries(table)) {
      // What comes after it is refused before anything runs: the option itself was accepted.
      const args = [`--${nameOf(key)}`, ...(takes === 'flag' ? [] : ['1']), '--no-such-option'];
      await expect(each.run(args)).rejects.toThrow('unknown option --no-such-option');
    }
  });
});
