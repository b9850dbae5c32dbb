import { describe, expect, it } from '@jest/globals';
import { BIN, eventually, exitOf, startFixture, startProcess } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const ESCAPE = '\u001b[';

/** `signalbox list --watch` in a process, with what it has written so far. */
function startWatch(directory: string, args: readonly string[] = [], terminal = false) {
  const command = [process.execPath, BIN, 'list', '--watch', '--instances-dir', directory, ...args];
  const child = terminal
    ? startProcess('script', ['-qfec', command.join(' '), '/dev/null'], { TERM: 'xterm' })
    : startProcess(process.execPath, command.slice(1));
  const seen = { output: '' };
  child.stdout?.on('data', (chunk) => {
    seen.output += chunk;
  });
  return { child, seen };
}

describe('signalbox list --watch', () => {
  it('shows the table again when a state changes, without colours if there is no terminal', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('sdk-stateful');
    register(directory, { id: 'web', port: server.port });
    const { child, seen } = startWatch(directory);
    await eventually(() => expect(seen.output).toMatch(/^web +active/m));
    await server.kill();
    await eventually(() => expect(seen.output).toMatch(/^web +retrying/m));
    expect(seen.output).not.toContain(ESCAPE);
    child.kill('SIGINT');
    expect(await exitOf(child)).toBe(0);
  });

  it('prints one line each time with --json', async () => {
    const directory = temporaryDirectory();
    const { seen } = startWatch(directory, ['--json']);
    await eventually(() => expect(seen.output).toBe('[]\n'));
    const server = await startFixture('sdk-stateful');
    register(directory, { id: 'web', port: server.port });
    await eventually(() => {
      const last = seen.output.trim().split('\n').at(-1) ?? '';
      expect(JSON.parse(last)).toMatchObject([{ id: 'web', state: 'active' }]);
    });
  });

  it('repaints a terminal, in colour unless NO_COLOR is set', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('sdk-stateful');
    register(directory, { id: 'web', port: server.port });
    const { seen } = startWatch(directory, [], true);
    await eventually(() => expect(seen.output).toContain(`${ESCAPE}32mactive`));
    expect(seen.output).toContain(`${ESCAPE}H${ESCAPE}2J`);
    await server.kill();
    await eventually(() => expect(seen.output).toContain(`${ESCAPE}33mretrying`));

    process.env['NO_COLOR'] = '1';
    try {
      const plain = startWatch(directory, ['--all'], true);
      await eventually(() => expect(plain.seen.output).toMatch(/web +(retrying|dead)/));
      expect(plain.seen.output).not.toContain(`${ESCAPE}3`);
    } finally {
      delete process.env['NO_COLOR'];
    }
  });
});
