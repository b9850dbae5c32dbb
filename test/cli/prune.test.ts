import { chmodSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { gonePid, leaveSocket } from '../helpers/gone.ts';
import { giveToPlainUser, itAsPlainUser, restrict, runAsPlainUser } from '../helpers/plain-user.ts';
import { startFixture } from '../helpers/processes.ts';
import { register, temporaryDirectory, writeInOneStep } from '../helpers/registrations.ts';
import { runCommand } from '../helpers/run-command.ts';

const OLD_DRAFT = '.web-1.0123456789ab.tmp';

/** Two stale files among many that are not stale, each for another reason. */
async function mess(directory: string) {
  const gone = gonePid();
  const web = await startFixture('junk', { mode: 'html' });
  register(directory, { id: 'stale', port: 1, pid: gone });
  register(directory, { id: 'living', port: 1, pid: process.pid });
  register(directory, { id: 'answering', port: web.port, pid: gone });
  register(directory, { id: 'pidless', port: 1 });
  register(directory, { id: 'remote', port: 1, pid: gone, url: 'http://example.test:1/' });
  chmodSync(register(directory, { id: 'open', port: 1, pid: gone }), 0o622);
  symlinkSync(join(directory, 'stale.json'), join(directory, 'link.json'));
  writeInOneStep(join(directory, 'broken.json'), `{"id":"broken","port":1,"pid":${gone}`);
  writeInOneStep(
    join(directory, 'note.txt'),
    `{"id":"n","name":"n","path":"/","port":1,"pid":${gone}}`,
  );
  writeInOneStep(join(directory, '.web-1.ba9876543210.tmp'), '{');
  const old = join(directory, OLD_DRAFT);
  writeInOneStep(old, '{');
  const time = Date.now() / 1_000 - 7_200;
  utimesSync(old, time, time);
  return { gone, stale: ['stale.json', OLD_DRAFT] };
}

describe('signalbox prune', () => {
  it('removes exactly the stale files, and reports each', async () => {
    const directory = temporaryDirectory();
    const { gone, stale } = await mess(directory);
    const before = readdirSync(directory);
    const args = ['prune', '--instances-dir', directory];
    const env = { XDG_RUNTIME_DIR: temporaryDirectory() };

    const dry = await runCommand([...args, '--dry-run'], env);
    expect([dry.stderr, dry.code]).toEqual(['', 0]);
    expect(readdirSync(directory)).toEqual(before);

    const { stdout, stderr, code } = await runCommand(args, env);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout.split('\n')).toEqual([
      expect.stringContaining(`removed: ${join(directory, OLD_DRAFT)} (a draft of a registration`),
      `removed: ${join(directory, 'stale.json')} (process ${gone} is gone, and nothing listens at port 1)`,
      '',
    ]);
    expect(dry.stdout).toBe(stdout.replaceAll('removed:', 'would be removed:'));
    expect(readdirSync(directory)).toEqual(before.filter((name) => !stale.includes(name)));

    expect((await runCommand(args, env)).stdout).toBe('Nothing is stale.\n');
    expect((await runCommand([...args, '--dry-run'], env)).stdout).toBe('Nothing is stale.\n');
  });

  it('searches the default directories, and the sockets of hubs', async () => {
    const home = temporaryDirectory();
    const env = { HOME: home, XDG_RUNTIME_DIR: home, TMPDIR: home };
    const own = join(home, 'signalbox', 'instances');
    const hubs = join(home, 'signalbox', 'hubs');
    for (const each of [own, hubs]) mkdirSync(each, { recursive: true, mode: 0o700 });
    const file = register(own, { id: 'stale', port: 1, pid: gonePid() });
    const pid = gonePid();
    await leaveSocket(join(hubs, `${pid}.sock`));
    await leaveSocket(join(hubs, `${process.pid}.sock`));
    const { stdout, code } = await runCommand(['prune'], env);
    expect(stdout).toContain(`removed: ${file} (`);
    expect(stdout).toContain(`(the socket of hub ${pid}, which is gone)`);
    expect(code).toBe(0);
    expect([readdirSync(own), readdirSync(hubs)]).toEqual([[], [`${process.pid}.sock`]]);
  });

  it('searches the directories of the environment variable or the config file', async () => {
    const home = temporaryDirectory();
    const settings = join(home, 'settings.json');
    const env = { HOME: home, XDG_RUNTIME_DIR: home };
    const named = () => {
      const directory = temporaryDirectory();
      register(directory, { id: 'stale', port: 1, pid: gonePid() });
      return directory;
    };
    const [byVariable, byFile] = [named(), named()];
    await runCommand(['prune'], { ...env, SIGNALBOX_INSTANCES_DIR: byVariable });
    writeFileSync(settings, JSON.stringify({ instancesDir: byFile }));
    await runCommand(['prune', '--config', settings], env);
    expect([readdirSync(byVariable), readdirSync(byFile)]).toEqual([[], []]);
  });

  itAsPlainUser('fails where it may not remove, and says so', () => {
    const directory = temporaryDirectory();
    const file = register(directory, { id: 'stale', port: 1, pid: gonePid() });
    giveToPlainUser(directory, file);
    restrict(directory, 0o500);
    const args = ['prune', '--instances-dir', directory];
    const { stdout, stderr, code } = runAsPlainUser(args);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^signalbox: stale, but can't be removed .*\n$/);
    expect(stderr).toContain(file);
    expect(code).toBe(1);
    expect(readdirSync(dirname(file))).toEqual(['stale.json']);
  });

  it('reports wrong usage in one line', async () => {
    for (const args of [['--dry'], ['--json'], ['web'], ['--instances-dir', '']]) {
      const { stdout, stderr, code } = await runCommand(['prune', ...args]);
      expect([stdout, code]).toEqual(['', 2]);
      expect(stderr.trim()).not.toContain('\n');
    }
  });
});
