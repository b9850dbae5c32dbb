import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { SeenInstance } from '../../src/cli/seen-instance.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { leaveSocket } from '../helpers/gone.ts';
import { callTool, startAgent } from '../helpers/hub-process.ts';
import { BIN, eventually, startFixture, startProcess, statsOf } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { runCommand } from '../helpers/run-command.ts';

const onPosix = process.platform === 'win32' ? describe.skip : describe;

/** A user with a directory of registrations, in whose environment agents and commands run. */
function user() {
  const home = temporaryDirectory();
  const env = { HOME: home, TMPDIR: join(home, 'tmp'), XDG_RUNTIME_DIR: join(home, 'run') };
  const own = join(env.XDG_RUNTIME_DIR, 'signalbox', 'instances');
  const hubs = join(env.XDG_RUNTIME_DIR, 'signalbox', 'hubs');
  for (const directory of [own, hubs]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const run = (...args: readonly string[]) => runCommand(args, env);
  const list = async (...args: readonly string[]): Promise<SeenInstance[]> =>
    JSON.parse((await run('list', '--all', '--json', ...args)).stdout);
  /** An agent whose hub answers viewers and has settled. */
  const agent = async (args: readonly string[] = [], directory = own) => {
    const started = await startAgent(directory, { env, args });
    await callTool(started.client, 'instances_list');
    return started;
  };
  return { env, own, hubs, run, list, agent };
}

onPosix('list beside the hub of an agent', () => {
  it('shows what that hub sees, with its agent, and does not connect to the instance', async () => {
    const { own, run, list, agent } = user();
    const web = await startFixture('sdk-stateful');
    register(own, { id: 'web', port: web.port, pid: web.pid });
    const { client } = await agent();
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    const before = await statsOf(web);

    const [row] = await eventually(async () => {
      const rows = await list();
      expect(rows).toMatchObject([{ hubs: [{ agents: ['test-agent 1.2.3'] }] }]);
      return rows;
    });
    expect(row).toMatchObject({
      id: 'web',
      state: 'active',
      sessions: 1,
      hubs: [{ state: 'active', used_by: ['test-agent 1.2.3'] }],
    });
    const { stdout, stderr, code } = await run('list');
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    const pid = row?.hubs[0]?.pid;
    expect(stdout).toMatch(
      new RegExp(`^web +active +\\d+ s +${web.port} .* test-agent 1\\.2\\.3 \\(${pid}\\)$`, 'm'),
    );
    expect(stdout).toMatch(new RegExp(`^${pid} +test-agent 1\\.2\\.3 +\\d+ s +/`, 'm'));
    const after = await statsOf(web);
    expect(after).toMatchObject({ opened: before.opened });
    expect(after.methods['initialize']).toBe(before.methods['initialize']);

    expect(await list('--probe')).toMatchObject([{ id: 'web', state: 'active', hubs: [] }]);
    expect((await statsOf(web)).opened).toBe(before.opened + 1);
  });

  it('shows dead if the agent’s hub does', async () => {
    const { own, run, list, agent } = user();
    register(own, { id: 'off', port: 1, pid: process.pid });
    const { client } = await agent(['--max-retries', '0']);
    await callTool(client, 'instances_wait', { instance_id: 'off', state: 'dead' });
    const dead = { id: 'off', state: 'dead', last_error: { code: 'CONNECTION_REFUSED' } };
    await eventually(async () =>
      expect(await list()).toMatchObject([{ ...dead, hubs: [{ state: 'dead' }] }]),
    );
    expect((await run('list')).stdout).toContain('No instance');
    const doctor = await run('doctor');
    expect(doctor.stdout).toMatch(
      /problem off: dead for \d+ s in hub \d+ \(test-agent 1\.2\.3\), .* \(CONNECTION_REFUSED\)$/m,
    );
    expect(doctor.code).toBe(1);
    // A new hub would still be retrying.
    expect(await list('--probe')).toMatchObject([{ id: 'off', state: 'retrying' }]);
    expect((await run('doctor', '--probe')).stdout).toContain('problem off: retrying, nothing');
  });

  it('shows an instance once, however many hubs see it, and where they disagree', async () => {
    const { own, run, list, agent } = user();
    const web = await startFixture('sdk-stateful');
    const { client } = await agent();
    register(own, { id: 'web', port: web.port });
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    // The first hub gives it up before the second one starts.
    const strict = await agent(['--max-retries', '0', '--revive-interval', '0']);
    await callTool(strict.client, 'instances_wait', { instance_id: 'web' });
    await eventually(async () =>
      expect(await list()).toMatchObject([
        { id: 'web', state: 'active', hubs: [{ state: 'active' }, { state: 'active' }] },
      ]),
    );
    await web.kill();
    await callTool(strict.client, 'instances_wait', { instance_id: 'web', state: 'dead' });
    const { stdout } = await run('list');
    expect(stdout).toMatch(/^web +retrying .*; dead in hub \d+, /m);
  });

  it('leaves out other directories, and finds what hubs do not watch', async () => {
    const { own, list, agent } = user();
    const elsewhere = temporaryDirectory();
    const [web, api] = await Promise.all([startFixture('plain-post'), startFixture('plain-post')]);
    register(own, { id: 'web', port: web.port });
    register(elsewhere, { id: 'api', port: api.port });
    await agent([], elsewhere);
    await agent(['--instances-dir', elsewhere]);
    await eventually(async () => {
      expect(await list('--instances-dir', elsewhere)).toMatchObject([
        { id: 'api', hubs: [{}, {}] },
      ]);
      expect(await list('--instances-dir', own)).toMatchObject([{ id: 'web', hubs: [{}] }]);
    });
    const third = temporaryDirectory();
    register(third, { id: 'docs', port: web.port });
    const dirs = [own, third].flatMap((each) => ['--instances-dir', each]);
    expect(await list(...dirs)).toMatchObject([
      { id: 'docs', state: 'active', hubs: [] },
      { id: 'web', state: 'active', hubs: [{}] },
    ]);
  });

  it('shows the files that the hub refuses', async () => {
    const { own, run, agent } = user();
    register(own, { id: 'bad', port: 0 });
    await agent();
    await eventually(async () =>
      expect((await run('list', '--all')).stdout).toMatch(
        /HUB(.|\n)*REFUSED(.|\n)*bad\.json +port/,
      ),
    );
    expect((await run('doctor')).stdout).toMatch(/problem .*bad\.json: port/);
  });
});

onPosix('list where no hub can be asked', () => {
  it('connects to the instances, and reports hubs that do not answer', async () => {
    const { env, own, run, hubs } = user();
    const web = await startFixture('plain-post');
    register(own, { id: 'web', port: web.port });
    const hung = startProcess(process.execPath, [BIN, 'hub', '--instances-dir', own], env);
    await eventually(async () => expect((await run('list')).stdout).toContain(`\n${hung.pid} `));
    hung.kill('SIGSTOP');
    await leaveSocket(join(hubs, '999999.sock'));
    const { stdout, stderr, code } = await run('list');
    expect(stdout).toMatch(/^web +active +\d+ +- +web/m);
    expect(stderr).toBe(`Hub ${hung.pid} does not answer. Its instances are not shown.\n`);
    expect(code).toBe(0);
    hung.kill('SIGKILL');
  });

  it.each([
    [
      'another version',
      '{"type":"hub","facts":FACTS}\n{"type":"actors","actors":[{"old":true}]}\n',
    ],
    ['no hub', 'hello\n'],
  ])('says so of %s', async (_, said) => {
    const { own, hubs, run } = user();
    const web = await startFixture('plain-post');
    register(own, { id: 'web', port: web.port });
    const facts = {
      id: 'x',
      pid: 1,
      version: '0.0.1',
      directory: '/',
      watches: [own],
      started: '',
    };
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(said.replace('FACTS', JSON.stringify(facts)));
    }).listen(join(hubs, `${process.pid}.sock`));
    afterTest(() => server.close());
    await once(server, 'listening');
    const { stdout, stderr } = await run('list');
    expect(stdout).toMatch(/^web +active/m);
    expect(stderr).toMatch(
      new RegExp(`^Hub ${process.pid}.* has another version\\. Its instances are not shown`),
    );
  });
});

onPosix('list --watch beside a hub', () => {
  it('follows that hub, and continues when it ends and when another one starts', async () => {
    const { env, own, agent } = user();
    const web = await startFixture('sdk-stateful');
    register(own, { id: 'web', port: web.port });
    const first = await agent();
    let output = '';
    const child = startProcess(process.execPath, [BIN, 'list', '--watch'], env);
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    const isShown = (pattern: RegExp) =>
      eventually(() => {
        expect(output).toMatch(pattern);
        output = '';
      });
    await isShown(/^web +active +\d+ s(.|\n)*test-agent/m);
    const { opened } = await statsOf(web);
    await callTool(first.client, 'instances_connect', { instance_id: 'web' });
    await isShown(/^web +active .*test-agent 1\.2\.3 \(\d+\)$/m);
    // The agent's session; list opens none.
    expect((await statsOf(web)).opened).toBe(opened + 1);
    await first.close();
    await isShown(/^NAME +STATE +PORT(.|\n)*^web +active/m);
    await agent();
    await isShown(/^NAME +STATE +SINCE(.|\n)*^web +active/m);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
  });
});
