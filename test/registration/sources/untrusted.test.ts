import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RefusalCode } from '../../../machines/model.ts';
import { originText } from '../../../src/origin.ts';
import { fields, fileOrigin, observe, observeScratch, put, type Scratch } from './observer.ts';

const onPosix = process.platform === 'win32' ? it.skip : it;
const asRoot = process.geteuid?.() === 0 ? it : it.skip;
const STRANGER = 12_345;

let scratch: Scratch;
let web: string;

beforeEach(async () => {
  scratch = await observeScratch();
  web = join(scratch.directory, 'web.json');
});

afterEach(() => scratch.end());

const refusedAs = async (code: RefusalCode, reason: RegExp) => {
  const { observer } = scratch;
  await observer.until(() => observer.refusals().some(({ origin }) => originText(origin) === web));
  await scratch.settled();
  expect(observer.refusals()).toEqual([
    { origin: fileOrigin(web), code, reason: expect.stringMatching(reason) },
  ]);
  expect(observer.accepted('web')).toEqual([]);
};

describe('a file is refused', () => {
  it('when it is larger than 64 KiB', async () => {
    put(web, fields('web', { padding: 'x'.repeat(64 * 1024) }));
    await refusedAs('TOO_LARGE', /larger than 65536 bytes/);
  });

  it('but not when it is just as large', async () => {
    const padding = 64 * 1024 - JSON.stringify(fields('web', { padding: '' })).length;
    put(web, fields('web', { padding: 'x'.repeat(padding) }));
    await scratch.observer.until(() => scratch.observer.accepted('web').length === 1);
  });

  onPosix('when it is a symbolic link, wherever it leads', async () => {
    const real = join(scratch.scratch, 'real.json');
    put(real, fields('web'));
    symlinkSync(real, web);
    await refusedAs('SYMBOLIC_LINK', /symbolic link/);
  });

  onPosix('when it is a symbolic link to nowhere', async () => {
    symlinkSync(join(scratch.scratch, 'none'), web);
    await refusedAs('SYMBOLIC_LINK', /symbolic link/);
  });

  onPosix('when it is a FIFO, without waiting for its writer', async () => {
    execFileSync('mkfifo', ['-m', '600', web]);
    await refusedAs('NOT_A_FILE', /not a regular file/);
  });

  it('when it is a directory', async () => {
    mkdirSync(web);
    await refusedAs('NOT_A_FILE', /not a regular file/);
  });

  onPosix.each([0o620, 0o602, 0o666])('when its mode is %o', async (mode) => {
    writeFileSync(join(scratch.directory, 'draft'), JSON.stringify(fields('web')));
    chmodSync(join(scratch.directory, 'draft'), mode);
    renameSync(join(scratch.directory, 'draft'), web);
    await refusedAs('WRITABLE_BY_OTHERS', /can be written by others/);
  });

  onPosix('but not when others may read it', async () => {
    put(web, fields('web'));
    chmodSync(web, 0o644);
    await scratch.observer.until(() => scratch.observer.accepted('web').length > 0);
  });

  asRoot('when somebody else owns it', async () => {
    writeFileSync(join(scratch.directory, 'draft'), JSON.stringify(fields('web')));
    chownSync(join(scratch.directory, 'draft'), STRANGER, STRANGER);
    renameSync(join(scratch.directory, 'draft'), web);
    await refusedAs('FOREIGN_OWNER', /belongs to another user/);
  });

  it('with the same words once only, however often it is written', async () => {
    for (const round of [1, 2, 3]) {
      put(web, `junk ${round}`);
      await scratch.settled();
    }
    expect(scratch.observer.told.filter(({ type }) => type === 'refused')).toHaveLength(1);
  });
});

describe('an instance that is known', () => {
  beforeEach(async () => {
    put(web, fields('web'));
    await scratch.observer.until(() => scratch.observer.accepted('web').length === 1);
  });

  onPosix('goes when others may write its file, and comes back when they may not', async () => {
    const { observer } = scratch;
    chmodSync(web, 0o666);
    await observer.until(() => observer.refusals().length === 1);
    expect(observer.storyOf('web')).toEqual(['accepted', 'removed']);
    chmodSync(web, 0o600);
    await observer.until(() => observer.accepted('web').length === 2);
    expect(observer.refusals()).toEqual([]);
  });

  it('stays as it was when its file has grown too large', async () => {
    const { observer } = scratch;
    put(web, fields('web', { padding: 'x'.repeat(70_000) }));
    await observer.until(() => observer.refusals().length === 1);
    expect(observer.storyOf('web')).toEqual(['accepted']);
  });

  onPosix(
    'goes when others may write its directory, and comes back when they may not',
    async () => {
      const { observer, directory } = scratch;
      chmodSync(directory, 0o770);
      await observer.until(() => observer.storyOf('web').includes('removed'));
      expect(observer.refusals()).toEqual([
        {
          origin: { kind: 'directory', directory },
          code: 'WRITABLE_BY_OTHERS',
          reason: expect.stringMatching(/the directory can be written by others/),
        },
      ]);
      chmodSync(directory, 0o700);
      await observer.until(() => observer.accepted('web').length === 2);
      expect(observer.refusals()).toEqual([]);
    },
  );
});

describe('a default directory', () => {
  /** What another user makes of `/tmp/brummer`, which is there for all. */
  const plant = (clone: string) => {
    const shared = join(scratch.scratch, 'shared');
    const step = join(shared, 'brummer');
    mkdirSync(step, { recursive: true });
    chmodSync(shared, 0o1777);
    symlinkSync(clone, join(step, 'instances'));
    return { step, directory: join(step, 'instances') };
  };

  const clone = () => {
    const directory = join(scratch.scratch, 'clone');
    mkdirSync(directory, { mode: 0o700 });
    put(join(directory, 'package.json'), fields('planted'));
    return directory;
  };

  const scanned = async (directories: readonly string[]) => {
    const observer = observe({ directories, areNamed: false, lookAnyway: 20 });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    return observer;
  };

  asRoot('is not read through the link of another user in a shared place', async () => {
    const { step, directory } = plant(clone());
    chownSync(step, STRANGER, STRANGER);
    lchownSync(directory, STRANGER, STRANGER);
    const observer = await scanned([directory]);
    expect(observer.refusals()).toEqual([
      {
        origin: { kind: 'directory', directory },
        code: 'FOREIGN_OWNER',
        reason: `${step} belongs to another user (uid ${STRANGER})`,
      },
    ]);
    expect(observer.accepted('planted')).toEqual([]);
    await observer.stop();
  });

  onPosix(
    'is not read when it is a link, and does not take the place of that directory',
    async () => {
      const real = clone();
      const { directory } = plant(real);
      const observer = await scanned([directory, real]);
      expect(observer.accepted('planted').map(({ origin }) => origin.file)).toEqual([
        join(real, 'package.json'),
      ]);
      expect(observer.refusals()).toMatchObject([
        { origin: { kind: 'directory', directory }, code: 'SYMBOLIC_LINK' },
      ]);
      await observer.stop();
    },
  );

  onPosix('is let go when a step on the way is exchanged, and read again afterwards', async () => {
    const step = join(scratch.scratch, 'step');
    const directory = join(step, 'instances');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    put(join(directory, 'web.json'), fields('web'));
    const observer = await scanned([directory]);
    expect(observer.storyOf('web')).toEqual(['accepted']);
    renameSync(step, join(scratch.scratch, 'elsewhere'));
    symlinkSync(join(scratch.scratch, 'elsewhere'), step);
    await observer.until(() => observer.storyOf('web').length === 2);
    expect(observer.storyOf('web')).toEqual(['accepted', 'removed']);
    rmSync(step);
    renameSync(join(scratch.scratch, 'elsewhere'), step);
    await observer.until(() => observer.accepted('web').length === 2);
    await observer.stop();
  });

  onPosix('is let go when everybody may exchange what is on the way', async () => {
    const step = join(scratch.scratch, 'step');
    const directory = join(step, 'instances');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    put(join(directory, 'web.json'), fields('web'));
    const observer = await scanned([directory]);
    chmodSync(step, 0o777);
    await observer.until(() => observer.storyOf('web').includes('removed'));
    expect(observer.refusals()).toMatchObject([
      {
        origin: { kind: 'directory', directory },
        code: 'WRITABLE_BY_ALL',
        reason: expect.stringContaining('chmod o-w'),
      },
    ]);
    await observer.stop();
  });
});

describe('a directory is refused', () => {
  const refusedDirectory = async (directory: string, code: RefusalCode, reason: RegExp) => {
    const observer = observe({ directories: [directory] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    expect(observer.refusals()).toEqual([
      { origin: { kind: 'directory', directory }, code, reason: expect.stringMatching(reason) },
    ]);
    expect(observer.told.some(({ type }) => type === 'accepted')).toBe(false);
    await observer.stop();
  };

  onPosix.each([0o720, 0o702, 0o1777])('when its mode is %o', async (mode) => {
    const directory = join(scratch.scratch, 'open');
    mkdirSync(directory);
    put(join(directory, 'web.json'), fields('web'));
    chmodSync(directory, mode);
    await refusedDirectory(directory, 'WRITABLE_BY_OTHERS', /can be written by others/);
  });

  asRoot('when somebody else owns it', async () => {
    const directory = join(scratch.scratch, 'theirs');
    mkdirSync(directory, { mode: 0o700 });
    put(join(directory, 'web.json'), fields('web'));
    chownSync(directory, STRANGER, STRANGER);
    await refusedDirectory(directory, 'FOREIGN_OWNER', /belongs to another user/);
  });

  it('when it is a file', async () => {
    const directory = join(scratch.scratch, 'file');
    writeFileSync(directory, '');
    await refusedDirectory(directory, 'NOT_A_DIRECTORY', /not a directory/);
  });
});
