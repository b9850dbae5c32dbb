import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from '@jest/globals';
import { gonePid } from '../helpers/gone.ts';
import { BIN, eventually, startProcess } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { runCommand } from '../helpers/run-command.ts';

const onPosix = process.platform === 'win32' ? it.skip : it;

/** One user in two environments: that of a terminal, and that of an agent that passes on few variables. */
function user() {
  const home = temporaryDirectory();
  const TMPDIR = join(home, 'tmp');
  const terminal = { HOME: home, TMPDIR, XDG_RUNTIME_DIR: join(home, 'run') };
  const agent = { HOME: home, TMPDIR, XDG_RUNTIME_DIR: '' };
  const own = join(home, 'run', 'signalbox', 'instances');
  const other = join(home, '.local', 'share', 'signalbox', 'instances');
  return { terminal, agent, own, other };
}

/** `signalbox register` until the end of the test; resolves with what it printed when it has registered. */
async function registering(env: NodeJS.ProcessEnv, port: number, name = 'web', pid?: number) {
  const ofProcess = pid === undefined ? [] : ['--pid', String(pid)];
  const args = ['register', '--name', name, '--port', String(port), ...ofProcess];
  const child = startProcess(process.execPath, [BIN, ...args], env);
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  await eventually(() => expect(said).toContain('Ctrl-C'));
  return { child, said };
}

const idsIn = (json: string): string[] => JSON.parse(json).map(({ id }: { id: string }) => id);

onPosix('a server and a hub meet when only one of them has XDG_RUNTIME_DIR', async () => {
  const { terminal, agent, other } = user();
  const { said } = await registering(agent, 1);
  expect(said).toContain(join(other, 'web.json'));
  const { stdout } = await runCommand(['list', '--json', '--all'], terminal);
  expect(idsIn(stdout)).toContain('web');
});

onPosix('a hub makes the directory for registrations, for its user alone', async () => {
  const { terminal, own } = user();
  startProcess(process.execPath, [BIN, 'hub'], terminal);
  await eventually(() => expect(statSync(own).mode & 0o777).toBe(0o700));
});

onPosix(
  'a name that is taken in another environment gets a suffix, and one left behind is taken over',
  async () => {
    const { terminal, agent, own, other } = user();
    await registering(agent, 1, 'web', process.pid);
    const second = await registering(terminal, 2);
    expect(second.said).toContain('Registered web-2 as web-2');
    expect(second.said).toContain(own);
    const left = await registering(agent, 3, 'api', gonePid());
    left.child.kill('SIGKILL');
    await eventually(() => expect(left.child.signalCode).toBe('SIGKILL'));
    expect(readdirSync(other).sort()).toEqual(['api.json', 'web.json']);
    const successor = await registering(terminal, 4, 'api');
    expect(successor.said).toContain('Registered api as api,');
    expect(readdirSync(other)).toEqual(['web.json']);
  },
);

onPosix(
  'doctor says that registrations of this environment are not seen by a hub of another',
  async () => {
    const { terminal, agent, own, other } = user();
    startProcess(process.execPath, [BIN, 'hub', '--settle', '0'], agent);
    const problems = await eventually(async () => {
      const { stdout } = await runCommand(['doctor', '--json'], terminal);
      const { findings } = JSON.parse(stdout);
      expect(findings.map(({ subject }: { subject: string }) => subject)).toContainEqual(
        expect.stringMatching(/^hub \d+$/),
      );
      return findings.filter(({ level }: { level: string }) => level === 'problem');
    });
    expect(problems).toContainEqual({
      check: 'hubs',
      level: 'problem',
      subject: expect.stringMatching(/^hub \d+$/),
      says: `does not watch ${own}, where "run" and "register" write in this environment`,
      remedy: expect.stringContaining(`--instances-dir ${own}`),
    });
    // The agent's environment itself is fine.
    const { stdout } = await runCommand(['doctor', '--json'], agent);
    expect(stdout).not.toContain(`does not watch ${other}`);
  },
);

onPosix('doctor says that servers are registered from another environment', async () => {
  const { terminal, own, other } = user();
  mkdirSync(other, { recursive: true, mode: 0o700 });
  register(other, { id: 'web', port: 1 });
  const { stdout } = await runCommand(['doctor'], terminal);
  expect(stdout).toContain(
    `note    ${other}: 1 server is registered here from another environment; this one writes to ${own}. Hubs read both\n`,
  );
});

onPosix('nothing is written to or read from a default directory that is a link', async () => {
  const { terminal, own } = user();
  const real = temporaryDirectory();
  register(real, { id: 'planted', port: 1 });
  mkdirSync(dirname(own), { recursive: true, mode: 0o700 });
  symlinkSync(real, own);
  const args = ['register', '--name', 'web', '--port', '1'];
  const { stderr, code } = await runCommand(args, terminal);
  expect(stderr).toContain(`${own} is a link`);
  expect(code).toBe(1);
  expect(idsIn((await runCommand(['list', '--json', '--all'], terminal)).stdout)).not.toContain(
    'planted',
  );
  const { stdout } = await runCommand(['doctor'], terminal);
  expect(stdout).toContain(`problem ${own}: ${own} is a link`);
  expect(existsSync(join(real, 'web.json'))).toBe(false);
  // A directory that the user names is used.
  const named = ['list', '--json', '--all', '--instances-dir', own];
  expect(idsIn((await runCommand(named, terminal)).stdout)).toEqual(['planted']);
});

onPosix('a hub offers no socket through a link, and says so', async () => {
  const { terminal, own } = user();
  const [real, hubs] = [temporaryDirectory(), join(dirname(own), 'hubs')];
  mkdirSync(dirname(own), { recursive: true, mode: 0o700 });
  symlinkSync(real, hubs);
  const hub = startProcess(process.execPath, [BIN, 'hub', '--settle', '0'], terminal);
  let logged = '';
  hub.stderr?.on('data', (chunk) => {
    logged += chunk;
  });
  await eventually(async () => {
    const { stdout } = await runCommand(['doctor'], terminal);
    expect(stdout).toContain(`${hubs} is a link`);
    expect(logged).toContain('the hub cannot be inspected');
  });
  hub.stdin?.end();
  expect(readdirSync(real)).toEqual([]);
});

it('a hub that cannot watch logs it once, and still finds instances', async () => {
  const directory = temporaryDirectory();
  // As on Linux when the limit of watches is reached, which a test can't change only for itself.
  const full = join(temporaryDirectory(), 'full.mjs');
  writeFileSync(
    full,
    `import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    fs.watch = () => {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    syncBuiltinESMExports();`,
  );
  const args = ['hub', '--instances-dir', directory];
  const hub = startProcess(process.execPath, [BIN, ...args], {
    NODE_OPTIONS: `--import=${pathToFileURL(full).href}`,
  });
  let said = '';
  hub.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  await eventually(() => expect(said).toContain("can't be watched: it is polled"));
  expect(said).toMatch(new RegExp(`directory=${directory} error=ENOSPC`));
  register(directory, { id: 'late', port: 1 });
  await eventually(() => expect(said).toContain('instance id=late'));
  expect(said.split('polled')).toHaveLength(2);
});
