import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkDirectories } from '../../src/doctor/directories.ts';
import { defaultInstancesDirectories } from '../../src/paths.ts';
import { giveToPlainUser, itAsPlainUser, restrict, runAsPlainUser } from '../helpers/plain-user.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';

const onPosix = process.platform === 'win32' ? it.skip : it;
const asRoot = process.geteuid?.() === 0 ? it : it.skip;

/** A user who has nothing yet. */
function surroundings(env: Readonly<Record<string, string>> = {}) {
  const home = temporaryDirectory();
  return { env, platform: 'linux' as const, home, tmp: join(home, 'tmp') };
}

const named = (...directories: string[]) =>
  checkDirectories({
    directories,
    areNamed: true,
    instances: [],
    where: surroundings({ XDG_RUNTIME_DIR: '/run' }),
  });

function usual(where: ReturnType<typeof surroundings>, files: readonly string[] = []) {
  return checkDirectories({
    directories: defaultInstancesDirectories(where),
    areNamed: false,
    where,
    instances: files.map((file) => ({ origin: { kind: 'file' as const, file } })),
  });
}

describe('directories that are named', () => {
  it('are ok if only we can write to them', async () => {
    const directory = temporaryDirectory();
    expect(await named(directory)).toEqual([
      {
        check: 'directories',
        level: 'ok',
        subject: directory,
        says: 'ours; registrations are read here',
        remedy: null,
      },
    ]);
  });

  it('may be missing, which is a note', async () => {
    expect(await named(join(temporaryDirectory(), 'none'))).toMatchObject([
      { level: 'note', says: expect.stringMatching(/^missing/), remedy: 'Check the spelling.' },
    ]);
  });

  it('must be directories', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(await named(file)).toMatchObject([
      { level: 'problem', says: expect.stringMatching(/^not a directory/) },
    ]);
  });

  onPosix.each([0o770, 0o702, 0o1777])('must not be writable by others: %o', async (mode) => {
    const directory = join(temporaryDirectory(), "it's open");
    mkdirSync(directory);
    chmodSync(directory, mode);
    expect(await named(directory)).toMatchObject([
      {
        level: 'problem',
        subject: directory,
        says: expect.stringContaining('can be written by others'),
        remedy: `chmod go-w '${directory.replace("'", "'\\''")}'`,
      },
    ]);
  });

  asRoot('must not be somebody else’s', async () => {
    const directory = temporaryDirectory();
    chownSync(directory, 12_345, 12_345);
    expect(await named(directory)).toMatchObject([
      {
        level: 'problem',
        says: expect.stringContaining('belongs to another user (uid 12345)'),
        remedy: expect.stringContaining('chown'),
      },
    ]);
  });

  itAsPlainUser('must be readable by us', () => {
    const directory = temporaryDirectory();
    giveToPlainUser(directory);
    restrict(directory, 0o300);
    const { stdout, code } = runAsPlainUser(['doctor', '--instances-dir', directory]);
    expect(stdout).toContain(`problem ${directory}: ours, but cannot be read (EACCES)`);
    expect(stdout).toContain(`chmod u+rx ${directory}`);
    expect(code).toBe(1);
  });
});

describe('the usual directories', () => {
  it('may all be missing, and are not created', async () => {
    const where = surroundings({ XDG_RUNTIME_DIR: temporaryDirectory() });
    const [own, ...others] = await usual(where);
    expect(own).toMatchObject({ level: 'note', says: expect.stringMatching(/^missing/) });
    expect(others).toHaveLength(4);
    for (const finding of others) expect(finding).toMatchObject({ level: 'ok', remedy: null });
    expect(existsSync(own?.subject ?? '')).toBe(false);
  });

  it('are ok if they exist', async () => {
    const where = surroundings({ XDG_RUNTIME_DIR: temporaryDirectory() });
    const directories = defaultInstancesDirectories(where);
    for (const each of directories) mkdirSync(each, { recursive: true, mode: 0o700 });
    expect((await usual(where)).map(({ level, says }) => [level, says])).toEqual([
      ['ok', 'ours; registrations are written and read here'],
      ...[1, 2, 3, 4].map(() => ['ok', 'ours; registrations are read here']),
    ]);
  });

  asRoot('may be another user’s, where many share the temporary files', async () => {
    const where = surroundings({ XDG_RUNTIME_DIR: temporaryDirectory() });
    const shared = join(where.tmp, 'brummer', 'instances');
    mkdirSync(shared, { recursive: true });
    chownSync(shared, 12_345, 12_345);
    const finding = (await usual(where)).find(({ subject }) => subject === shared);
    expect(finding).toMatchObject({
      level: 'note',
      says: expect.stringMatching(/another user.*nothing in it is read/),
    });
  });

  it("are a problem if our own can't be created", async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    const [own] = await usual(surroundings({ XDG_RUNTIME_DIR: join(file, 'run') }));
    expect(own).toMatchObject({
      level: 'problem',
      says: `missing, and cannot be created in ${file} (it is not a directory)`,
    });
  });

  itAsPlainUser('are wrong when the own one can not be made or written by us', () => {
    const runtime = temporaryDirectory();
    giveToPlainUser(runtime);
    restrict(runtime, 0o500);
    const env = { XDG_RUNTIME_DIR: runtime, HOME: runtime, TMPDIR: runtime };
    const missing = runAsPlainUser(['doctor'], env);
    expect(missing.stdout).toContain(`missing, and cannot be created in ${runtime} (EACCES)`);
    expect(missing.code).toBe(1);
    chmodSync(runtime, 0o700);
    const own = join(runtime, 'signalbox', 'instances');
    mkdirSync(own, { recursive: true });
    giveToPlainUser(join(own, '..'), own);
    restrict(own, 0o500);
    const there = runAsPlainUser(['doctor'], env);
    expect(there.stdout).toContain(`problem ${own}: ours, but cannot be written (EACCES)`);
    expect(there.stdout).toContain(`chmod u+rwx ${own}`);
    expect(there.code).toBe(1);
  });

  it('depend on the runtime directory, which may be unset', async () => {
    const unset = surroundings();
    const own = join(unset.home, '.local/share/signalbox/instances');
    expect((await usual(unset))[0]).toMatchObject({
      level: 'note',
      subject: 'XDG_RUNTIME_DIR',
      says: `not set, so "run" and "register" write to ${own}; hubs watch that directory, too`,
    });
    expect((await usual(surroundings({ XDG_RUNTIME_DIR: 'run' })))[0]?.says).toMatch(
      /^not an absolute path \(run\), so /,
    );
  });
});
