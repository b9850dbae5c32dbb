import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { afterTest } from '../helpers/cleanup.ts';
import { giveToPlainUser, itAsPlainUser, runAsPlainUser } from '../helpers/plain-user.ts';
import {
  BIN,
  eventually,
  exitOf,
  startFixture,
  startProcess,
  textOf,
} from '../helpers/processes.ts';
import { register, temporaryDirectory, writeInOneStep } from '../helpers/registrations.ts';
import { runCommand as run } from '../helpers/run-command.ts';

describe('signalbox', () => {
  it('explains itself', async () => {
    for (const args of [['--help'], ['help'], ['-h'], ['help', 'help']]) {
      const { stdout, code } = await run(args);
      expect(stdout).toContain('Usage: signalbox COMMAND');
      expect(code).toBe(0);
    }
    for (const args of [
      ['help', 'list'],
      ['list', '--help'],
      ['list', '--all', '-h'],
    ]) {
      const { stdout, code } = await run(args);
      expect(stdout).toContain('Usage: signalbox list [--json]');
      expect(code).toBe(0);
    }
    expect((await run(['--mcp', '--help'])).stdout).toContain('Usage: signalbox hub');
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[], 'which command?'],
    [['hubb'], 'unknown command hubb; did you mean hub?'],
    [['help', 'lst'], 'unknown command lst; did you mean list?'],
    [['frob'], 'unknown command frob. See signalbox --help'],
    [['a\u001b[31m\nb'], 'unknown command a\\u001b[31m\\u000ab'],
    [['demo', '--fast'], 'unknown option --fast'],
    [['hub', '--settle', 'x'], '--settle: "x" is not a duration'],
    [['list', '--jsn'], 'unknown option --jsn; did you mean --json?'],
    [['register'], 'register needs --name'],
    [['register', '--name', 'x'], 'register needs --port'],
    [['register', '--name', 'x', '--url', 'https://127.0.0.1/x'], '--url: must begin with http://'],
    [
      ['register', '--name', 'x', '--url', 'http://a.example/'],
      '--url: a.example is not a loopback',
    ],
    [['register', '--name', 'x', '--url', 'nowhere'], '--url: must be a URL'],
    [
      ['register', '--name', 'x', '--port', '1', '--url', 'http://localhost/'],
      'use either --port or --url, not both',
    ],
    [['register', '--name', 'x', '--port', '0'], '--port: must be a whole number from 1 to 65535'],
    [['register', '--name', 'x', '--port', 'x'], '--port: "x" is not a whole number'],
    [['register', '--name', 'x', '--port', '1', '--id', 'a/b'], '--id: must be'],
    [['register', '--name', 'x', '--port', '1', '--pid', '0'], '--pid: must be'],
    [['register', '--name', 'x', '--port', '1', '--path', ''], '--path: "" is not a path'],
    [
      ['register', '--name', 'x', '--port', '1', '--instances-dir', ''],
      '--instances-dir: "" is not a path',
    ],
  ])('reports wrong usage in one line: %j', async (args, message) => {
    // If one were accepted, it must not be registered for the user who runs the tests.
    const env = { SIGNALBOX_INSTANCES_DIR: temporaryDirectory() };
    const { stdout, stderr, code } = await run(args, env);
    expect(stdout).toBe('');
    expect(stderr).toContain(`signalbox: ${message}`);
    expect(stderr.trim()).not.toContain('\n');
    expect(code).toBe(2);
  });
});

describe('signalbox with a closed stdout or stderr', () => {
  it('keeps its hub running without stderr', async () => {
    const args = ['hub', '--log-level', 'trace', '--instances-dir', temporaryDirectory()];
    const child = startProcess(process.execPath, [BIN, ...args]);
    child.stderr?.destroy();
    const answer = once(child.stdout ?? child, 'data');
    child.stdin?.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
    expect(JSON.parse(String(await answer))).toMatchObject({ id: 1, result: {} });
    child.stdin?.end();
    expect(await exitOf(child)).toBe(0);
  });

  it('exits with 0 if nothing reads its list', async () => {
    const args = ['list', '--instances-dir', temporaryDirectory()];
    const child = startProcess(process.execPath, [BIN, ...args]);
    child.stdout?.destroy();
    expect(await textOf(child.stderr)).toBe('');
    expect(await exitOf(child)).toBe(0);
  });

  it('stays registered if nothing reads its output', async () => {
    const directory = temporaryDirectory();
    const args = ['register', '--name', 'x', '--port', '1', '--instances-dir', directory];
    const child = startProcess(process.execPath, [BIN, ...args]);
    child.stdout?.destroy();
    await eventually(() => expect(readdirSync(directory)).toHaveLength(1));
    child.kill('SIGTERM');
    expect(await textOf(child.stderr)).toBe('');
    expect(await exitOf(child)).toBe(0);
    expect(readdirSync(directory)).toEqual([]);
  });

  (existsSync('/dev/full') ? it : it.skip)('fails when the disk is full', async () => {
    const full = openSync('/dev/full', 'w');
    afterTest(() => closeSync(full));
    const child = spawn(process.execPath, [BIN, '--help'], { stdio: ['ignore', full, 'ignore'] });
    expect(await exitOf(child)).toBe(1);
  });
});

describe('signalbox list', () => {
  it('shows a table or JSON, and refused files', async () => {
    const directory = temporaryDirectory();
    const web = await startFixture('plain-post');
    register(directory, { id: 'web-1', name: 'web', port: web.port, pid: 7 });
    register(directory, { id: 'mean', name: 'we\u001b[31mb', port: web.port });
    register(directory, { id: 'away-1', name: 'away', port: 1 });
    writeInOneStep(join(directory, 'junk.json'), '?');
    const { stdout, code } = await run(['list', '--all', '--instances-dir', directory]);
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => line.replace(/ +/g, ' '));
    expect(lines[0]).toBe('NAME STATE PORT PID ID PATH');
    expect(lines[1]).toMatch(
      /^away retrying 1 - away-1 \/projects\/away-1 nothing listens at localhost:1/,
    );
    expect(lines[2]).toBe(`web active ${web.port} 7 web-1 /projects/web-1`);
    expect(lines.at(-3)).toBe(`${join(directory, 'junk.json')} not JSON`);
    expect(lines.at(-2)).toMatch(/mean\.json name: /);
    expect(stdout).not.toContain('\u001b');

    const asJson = JSON.parse(
      (await run(['list', '--json'], { SIGNALBOX_INSTANCES_DIR: directory })).stdout,
    );
    expect(asJson).toMatchObject([
      { id: 'away-1', state: 'retrying' },
      { id: 'web-1', state: 'active' },
    ]);
  });

  it('reads its log level from the environment', async () => {
    const args = ['list', '--instances-dir', temporaryDirectory()];
    const { stderr, code } = await run(args, { SIGNALBOX_LOG_LEVEL: 'loud' });
    expect(stderr).toContain('SIGNALBOX_LOG_LEVEL: "loud" is not one of');
    expect(code).toBe(2);
  });

  it('names the searched directories if nothing is registered', async () => {
    const home = temporaryDirectory();
    const { stdout } = await run(['list'], { HOME: home, XDG_RUNTIME_DIR: '', TMPDIR: home });
    expect(stdout).toContain('No instance is registered');
    expect(stdout).toContain(join(home, '.local/share/signalbox/instances'));
    expect(stdout).toContain(join(home, 'brummer/instances'));
  });
});

itAsPlainUser('a user who has no home is served all the same', () => {
  const scratch = temporaryDirectory();
  giveToPlainUser(scratch);
  const { stdout, stderr, code } = runAsPlainUser(['list'], {
    HOME: undefined,
    TMPDIR: scratch,
  });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toMatch(/user-\d+\/\.local\/share\/signalbox\/instances$/m);
});

describe('signalbox register', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'announces until %s, then takes the file back',
    async (signal) => {
      const directory = temporaryDirectory();
      const web = await startFixture('plain-post');
      const args = [
        'register',
        '--name',
        'My Web',
        '--port',
        String(web.port),
        '--path',
        '/projects/web',
      ];
      const child = startProcess(process.execPath, [BIN, ...args, '--instances-dir', directory]);
      await once(child.stdout ?? child, 'data');
      const [file] = readdirSync(directory);
      expect(file).toBe('my-web.json');
      expect(JSON.parse(readFileSync(join(directory, file ?? ''), 'utf8'))).toMatchObject({
        name: 'My Web',
        path: '/projects/web',
        port: web.port,
      });
      const listed = await run(['list', '--json', '--instances-dir', directory]);
      expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'My Web', state: 'active' }]);
      child.kill(signal);
      expect(await exitOf(child)).toBe(0);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it('gives unique names to servers that register at the same time', async () => {
    const directory = temporaryDirectory();
    const args = [BIN, 'register', '--name', 'web', '--port', '1', '--pid', String(process.pid)];
    const many = Array.from({ length: 6 }, () =>
      startProcess(process.execPath, [...args, '--instances-dir', directory]),
    );
    await Promise.all(many.map((child) => once(child.stdout ?? child, 'data')));
    const names = readdirSync(directory).map(
      (file) => JSON.parse(readFileSync(join(directory, file), 'utf8')).name,
    );
    expect(names.sort()).toEqual(['web', 'web-2', 'web-3', 'web-4', 'web-5', 'web-6']);
  });

  it('--check announces a server that can be used, and says what it is', async () => {
    const directory = temporaryDirectory();
    const { port } = await startFixture('plain-post');
    const args = ['register', '--name', 'x', '--port', String(port), '--check'];
    const child = startProcess(process.execPath, [BIN, ...args, '--instances-dir', directory]);
    const output = Promise.all([textOf(child.stdout), exitOf(child)]);
    await eventually(() => expect(readdirSync(directory)).toEqual(['x.json']));
    child.kill();
    const [stdout, code] = await output;
    expect(stdout).toMatch(/^An MCP server answers: .+, 3 tools\.\nRegistered x as x, /);
    expect(code).toBe(0);
  });

  it.each([
    ['html', 'PROTOCOL_ERROR'],
    ['unauthorized', 'UNAUTHORIZED'],
    ['hangs', 'CONNECT_TIMEOUT'],
  ])('--check does not announce one that is %s', async (mode, error) => {
    const directory = temporaryDirectory();
    const { port } = await startFixture('junk', { mode });
    const args = ['register', '--name', 'x', '--port', String(port), '--check'];
    const { stdout, stderr, code } = await run([...args, '--instances-dir', directory]);
    expect(stderr).toMatch(new RegExp(`^signalbox: the server can't be used: ${error}: .*\n$`));
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('fails in one line when the directory cannot be written', async () => {
    const { stderr, code } = await run([
      'register',
      '--name',
      'x',
      '--port',
      '1',
      '--instances-dir',
      '/dev/null/\u001b[31m\nx',
    ]);
    expect(stderr).toMatch(/^signalbox: [\x20-\x7e]*\n$/);
    expect(code).toBe(1);
  });

  it('writes to the first of several directories in the environment', async () => {
    const [first, second] = [temporaryDirectory(), temporaryDirectory()];
    const args = [BIN, 'register', '--name', 'x', '--port', '1'];
    const child = startProcess(process.execPath, args, {
      SIGNALBOX_INSTANCES_DIR: [first, second].join(delimiter),
    });
    await once(child.stdout ?? child, 'data');
    expect(readdirSync(first)).toHaveLength(1);
    expect(readdirSync(second)).toEqual([]);
    child.kill('SIGTERM');
    expect(await exitOf(child)).toBe(0);
    expect(readdirSync(first)).toEqual([]);
  });
});
