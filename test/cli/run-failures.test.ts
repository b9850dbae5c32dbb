import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { afterTest } from '../helpers/cleanup.ts';
import { BIN, exitOf, startProcess, textOf } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';
import { odd, RunProcess } from '../helpers/run-process.ts';

describe('signalbox run exits with one line and code 1, and leaves nothing behind,', () => {
  const failing = async (
    command: readonly string[],
    args: readonly string[] = [],
    options: { directory?: string } = {},
  ) => {
    const run = new RunProcess(command, args, options);
    const { code, stdout, stderr } = await run.outcome();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(existsSync(run.directory) ? readdirSync(run.directory) : []).toEqual([]);
    return stderr
      .split('\n')
      .filter((line) => line.startsWith('signalbox: '))
      .join('\n');
  };

  it('when the command is not found', async () => {
    expect(await failing(['no-such-command-here', 'x'])).toBe(
      'signalbox: the server could not be started: command not found: no-such-command-here',
    );
  });

  it('when the server exits at start: with its last lines', async () => {
    expect(await failing(odd('--dies-at-start'))).toBe(
      'signalbox: the server ended with exit code 3; its last lines: loading | Error: Cannot find the database',
    );
  });

  it('when it is not an MCP server: with its last lines', async () => {
    expect(await failing(odd('--says-nothing'), ['--start-timeout', '1s'])).toBe(
      'signalbox: the server did not answer initialize within 1 s (--start-timeout): is it an MCP server?; its last lines: reading from stdin, as I always do',
    );
  });

  it('when the server refuses', async () => {
    expect(await failing(odd('--refuses'))).toBe(
      'signalbox: the server refused to initialize: no licence',
    );
  });

  it('when it echoes its input', async () => {
    expect(await failing(['cat'])).toBe(
      'signalbox: the command echoes its input: it is not an MCP server',
    );
  });

  it('when its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterTest(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await failing(odd(), ['--port', String(port)])).toBe(`signalbox: port ${port} is taken`);
  });

  it('when the file cannot be written', async () => {
    const directory = join(temporaryDirectory(), 'file', 'instances');
    writeFileSync(join(directory, '../..', 'file'), '');
    expect(await failing(odd(), [], { directory })).toMatch(/^signalbox: .*ENOTDIR/);
  });
});

it.each([
  [[], 'run needs a command'],
  [['--', ''], 'run needs a command'],
  [['--port', '99999', '--', 'x'], '--port: '],
  [['--name', '', '--', 'x'], '--name: '],
  [['--start-timeout', 'soon', '--', 'x'], '--start-timeout: "soon" is not a duration'],
  [['--nmae', 'x', '--', 'x'], 'did you mean --name?'],
])('signalbox run %j is wrong use: %s', async (args, message) => {
  const child = startProcess(process.execPath, [BIN, 'run', ...args]);
  const [stderr, code] = await Promise.all([textOf(child.stderr), exitOf(child)]);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});

it('signalbox run exits if the --env-file does not exist, even if Node looks for it, too', async () => {
  // Node 20 itself looks for one, wherever it stands in the line.
  const { code, stderr } = await new RunProcess(odd(), ['--env-file', '/nowhere']).outcome();
  expect(code).not.toBe(0);
  expect(stderr).toContain('/nowhere');
});
