import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Registration } from '../../../machines/model.ts';
import { announce } from '../../../src/registration/announce.ts';
import { Registry } from '../../../src/registration/registry.ts';
import { removeStaleFile } from '../../../src/registration/remove-file.ts';
import { DirectorySource } from '../../../src/registration/sources/directory.ts';
import { afterTest } from '../../helpers/cleanup.ts';
import { register, temporaryDirectory, writeInOneStep } from '../../helpers/registrations.ts';

/** A watch whose events can be waited for. */
function watch(...directories: string[]) {
  const events: string[] = [];
  const accepted: Registration[] = [];
  const waiting = new Set<() => void>();
  const tell = (event: string) => {
    events.push(event);
    for (const look of waiting) look();
  };
  const registry = new Registry({
    sources: [new DirectorySource({ directories, allowHosts: [] })],
    onAccepted: (registration) => {
      accepted.push(registration);
      tell(`+ ${registration.id} ${registration.port}`);
    },
    onRemoved: (id) => tell(`- ${id}`),
    onRefused: ({ reason }) => tell(`! ${reason}`),
    onScanned: () => tell('scanned'),
  });
  registry.start();
  afterTest(() => registry.stop());
  return {
    events,
    accepted,
    refusals: () => registry.refusals(),
    /** Resolves when `count` events that fit have come. */
    until: (fits: string | RegExp, count = 1) =>
      new Promise<void>((resolve) => {
        const look = () => {
          const found = events.filter((event) =>
            typeof fits === 'string' ? event === fits : fits.test(event),
          );
          if (found.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

describe('a directory', () => {
  it('is scanned, then watched, without a gap', async () => {
    const directory = temporaryDirectory();
    register(directory, { id: 'a', port: 1 });
    const watched = watch(directory);
    register(directory, { id: 'b', port: 2 });
    await watched.until('+ b 2');
    await watched.until('scanned');
    register(directory, { id: 'c', port: 3 });
    await watched.until('+ c 3');
    unlinkSync(join(directory, 'a.json'));
    await watched.until('- a');
    expect(watched.events.filter((event) => event.startsWith('+'))).toHaveLength(3);
  });

  it('may be missing with its parents, come, be deleted and come back', async () => {
    const base = temporaryDirectory();
    const directory = join(base, 'run', 'user', 'instances');
    const watched = watch(directory);
    await watched.until('scanned');
    for (let round = 1; round <= 3; round += 1) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      register(directory, { id: 'a', port: round });
      await watched.until(`+ a ${round}`);
      rmSync(join(base, round % 2 === 0 ? 'run' : 'run/user/instances'), { recursive: true });
      await watched.until('- a', round);
    }
  });

  it('may be moved away and replaced', async () => {
    const base = temporaryDirectory();
    const directory = join(base, 'instances');
    mkdirSync(directory, { mode: 0o700 });
    register(directory, { id: 'a', port: 1 });
    const watched = watch(directory);
    await watched.until('+ a 1');
    renameSync(directory, `${directory}.old`);
    await watched.until('- a');
    mkdirSync(directory, { mode: 0o700 });
    register(directory, { id: 'b', port: 2 });
    await watched.until('+ b 2');
  });

  it('is watched once when it is named twice', async () => {
    const directory = temporaryDirectory();
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(directory, link);
    register(directory, { id: 'a', port: 1 });
    const watched = watch(directory, `${directory}/`, link);
    await watched.until('scanned');
    expect(watched.events).toEqual(['+ a 1', 'scanned']);
  });

  it('takes two hundred files at once, and ten thousand of junk', async () => {
    const directory = temporaryDirectory();
    const watched = watch(directory);
    await watched.until('scanned');
    for (let n = 0; n < 200; n += 1) register(directory, { id: `i${n}`, port: n + 1 });
    await watched.until(/^\+/, 200);
    for (let n = 0; n < 10_000; n += 1)
      writeFileSync(join(directory, `junk${n}.json`), '?', { mode: 0o600 });
    register(directory, { id: 'last', port: 9 });
    await watched.until('+ last 9');
    // Not all are told: no log is filled by junk.
    expect(watched.events.length).toBeLessThan(1_000);
    expect(watched.events.filter((event) => event.startsWith('-'))).toEqual([]);
  });
});

describe('a file', () => {
  it('that is rewritten is told again, and never as gone', async () => {
    const directory = temporaryDirectory();
    const watched = watch(directory);
    await watched.until('scanned');
    for (let port = 1; port <= 20; port += 1) {
      register(directory, { id: 'a', port });
      await watched.until(`+ a ${port}`);
    }
    register(directory, { id: 'a', port: 20 });
    await watched.until('+ a 20', 2);
    expect(watched.events).not.toContain('- a');
  });

  it('that is half written leaves the instance as it was, and is read again', async () => {
    const directory = temporaryDirectory();
    const file = register(directory, { id: 'a', port: 1 });
    const watched = watch(directory);
    await watched.until('+ a 1');
    const text = JSON.stringify({ id: 'a', name: 'a', path: '/a', port: 2 });
    writeFileSync(file, text.slice(0, 20));
    await watched.until('! not JSON');
    expect(watched.refusals()).toEqual([
      { origin: { kind: 'file', file }, code: 'NOT_JSON', reason: 'not JSON' },
    ]);
    writeFileSync(file, text);
    await watched.until('+ a 2');
    expect(watched.events).not.toContain('- a');
    expect(watched.refusals()).toEqual([]);
  });

  it('that says another id is another instance', async () => {
    const directory = temporaryDirectory();
    const file = register(directory, { id: 'a', port: 1 });
    const watched = watch(directory);
    await watched.until('+ a 1');
    writeInOneStep(file, JSON.stringify({ id: 'b', name: 'b', path: '/b', port: 1 }));
    await watched.until('+ b 1');
    expect(watched.events.slice(-2)).toEqual(['- a', '+ b 1']);
  });

  it('may not take an id that another holds, and gets it when that goes', async () => {
    const directory = temporaryDirectory();
    const registration = (port: number) =>
      JSON.stringify({ id: 'same', name: 's', path: '/s', port });
    writeInOneStep(join(directory, 'b.json'), registration(2));
    writeInOneStep(join(directory, 'a.json'), registration(1));
    writeInOneStep(join(directory, 'c.json'), registration(3));
    const watched = watch(directory);
    await watched.until('scanned');
    expect(watched.accepted.map(({ port }) => port)).toEqual([1]);
    expect(watched.refusals().map(({ reason }) => reason)).toEqual([
      `id same is already held by ${join(directory, 'a.json')}`,
      `id same is already held by ${join(directory, 'a.json')}`,
    ]);
    unlinkSync(join(directory, 'a.json'));
    await watched.until(/^\+ same [23]$/);
    expect(watched.accepted).toHaveLength(2);
  });

  it('is looked for a package.json when it does not say', async () => {
    const directory = temporaryDirectory();
    const project = temporaryDirectory();
    writeFileSync(join(project, 'package.json'), '{}');
    register(directory, { id: 'a', port: 1, path: project });
    register(directory, { id: 'b', port: 1, path: project, has_package_json: false });
    const watched = watch(directory);
    await watched.until('scanned');
    expect(watched.accepted.map(({ hasPackageJson }) => hasPackageJson)).toEqual([true, false]);
  });

  it('with a word of the language for an id is one like any other', async () => {
    const directory = temporaryDirectory();
    for (const id of ['__proto__', 'constructor', 'toString']) register(directory, { id, port: 1 });
    const watched = watch(directory);
    await watched.until('scanned');
    expect(watched.accepted.map(({ id }) => id)).toEqual(['__proto__', 'constructor', 'toString']);
  });

  it.each<[string, (file: string) => void]>([
    ['larger than 65536 bytes', (file) => writeInOneStep(file, `{"x":"${'x'.repeat(70_000)}"}`)],
    ['a symbolic link', (file) => symlinkSync('/etc/hostname', file)],
    ['not a regular file', (file) => mkdirSync(file)],
    ['not a regular file', (file) => execFileSync('mkfifo', ['-m', '600', file])],
    [
      'the file can be written by others (chmod go-w)',
      (file) => {
        writeInOneStep(file, '{}');
        chmodSync(file, 0o620);
      },
    ],
  ])('is refused: %s', async (reason, make) => {
    const directory = temporaryDirectory();
    make(join(directory, 'x.json'));
    register(directory, { id: 'good', port: 1 });
    const watched = watch(directory);
    await watched.until('scanned');
    expect(watched.events).toContain(`! ${reason}`);
    expect(watched.accepted.map(({ id }) => id)).toEqual(['good']);
  });

  it('is refused in a directory that others may write to', async () => {
    const directory = temporaryDirectory();
    register(directory, { id: 'a', port: 1 });
    chmodSync(directory, 0o777);
    const watched = watch(directory);
    await watched.until('scanned');
    expect(watched.events).toEqual([
      '! the directory can be written by others (chmod go-w)',
      'scanned',
    ]);
  });

  const isRoot = process.getuid?.() === 0;
  (isRoot ? it : it.skip)('is refused when it belongs to somebody else', async () => {
    const directory = temporaryDirectory();
    chownSync(register(directory, { id: 'a', port: 1 }), 12_345, 12_345);
    const watched = watch(directory);
    await watched.until('scanned');
    expect(watched.events[0]).toBe('! the file belongs to another user (uid 12345)');
  });
});

describe('an announcement', () => {
  it('is written for us alone, and removed unless somebody else wrote there meanwhile', () => {
    const directory = join(temporaryDirectory(), 'instances');
    const facts = { id: 'a', name: 'a', path: '/a', port: 1 };
    const { file, remove } = announce(directory, facts);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    remove();
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
    const first = announce(directory, facts);
    writeInOneStep(file, '{"id":"a"}');
    first.remove();
    expect(statSync(file).isFile()).toBe(true);
  });

  it('of a dead instance is removed only while it is of that instance', async () => {
    const directory = temporaryDirectory();
    const file = register(directory, { id: 'a', port: 1 });
    await removeStaleFile({ kind: 'file', file }, 'b');
    expect(statSync(file).isFile()).toBe(true);
    await removeStaleFile({ kind: 'file', file }, 'a');
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
    await removeStaleFile({ kind: 'file', file }, 'a');
  });
});
