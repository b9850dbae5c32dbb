import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inspectDirectory, inspectDirectorySync, makeDirectory } from '../src/trust.ts';
import { temporaryDirectory } from './helpers/registrations.ts';

const onPosix = process.platform === 'win32' ? describe.skip : describe;
const asRoot = process.geteuid?.() === 0 ? it : it.skip;
const STRANGER = 12_345;
const USUAL = { isNamed: false };
const NAMED = { isNamed: true };

/** The result of both forms, which must be the same. */
async function inspect(directory: string, naming = USUAL) {
  const condition = await inspectDirectory(directory, naming);
  expect(inspectDirectorySync(directory, naming)).toEqual(condition);
  return condition;
}

/** Creates a directory `depth` steps below a temporary one. Returns the path of every step. */
function nested(depth: number): string[] {
  const top = temporaryDirectory();
  const steps = Array.from({ length: depth }, (_, n) =>
    join(top, ...Array.from({ length: n + 1 }, (_, step) => `step-${step}`)),
  );
  mkdirSync(steps.at(-1) ?? top, { recursive: true, mode: 0o700 });
  return steps;
}

/** Replaces a directory by a link that belongs to `owner`. Returns where the directory is now. */
function replaceByLink(step: string, owner = 0): string {
  const real = join(temporaryDirectory(), basename(step));
  renameSync(step, real);
  symlinkSync(real, step);
  if (owner !== 0) lchownSync(step, owner, owner);
  return real;
}

onPosix('a default directory', () => {
  it('is used if it is ours, even below a world-writable directory', async () => {
    const [directory = ''] = nested(1);
    expect(await inspect(directory)).toMatchObject({ kind: 'usable', path: directory });
  });

  it('is not used if others can replace any step of its path', async () => {
    const faults = ['link', ...(process.geteuid?.() === 0 ? ['stranger', 'foreign link'] : [])];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }).chain((depth) =>
          fc.record({
            depth: fc.constant(depth),
            at: fc.integer({ min: 0, max: depth - 1 }),
            fault: fc.constantFrom('open', ...faults),
          }),
        ),
        async ({ depth, at, fault }) => {
          const steps = nested(depth);
          const directory = steps.at(-1) ?? '';
          const step = steps[at] ?? '';
          expect((await inspect(directory)).kind).toBe('usable');
          if (fault === 'open') chmodSync(step, 0o777);
          else if (fault === 'stranger') chownSync(step, STRANGER, STRANGER);
          else replaceByLink(step, fault === 'link' ? 0 : STRANGER);
          expect(await inspect(directory)).toMatchObject({ kind: 'untrusted', step });
          expect(() => makeDirectory(directory, USUAL)).toThrow('cannot be used');
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is used below a world-writable directory only if that has the sticky bit', async () => {
    const [open = '', directory = ''] = nested(2);
    chmodSync(open, 0o1777);
    expect((await inspect(directory)).kind).toBe('usable');
    chmodSync(open, 0o777);
    expect(await inspect(directory)).toMatchObject({
      kind: 'untrusted',
      step: open,
      reason: `${open} is world-writable without the sticky bit (chmod o-w)`,
    });
  });

  it('is used again once the step is restored', async () => {
    const [step = '', directory = ''] = nested(2);
    const real = replaceByLink(step);
    expect((await inspect(directory)).kind).toBe('untrusted');
    rmSync(step);
    renameSync(real, step);
    expect((await inspect(directory)).kind).toBe('usable');
  });

  it('is not created if a step of its path cannot be trusted', async () => {
    const [step = '', directory = ''] = nested(2);
    rmSync(directory, { recursive: true });
    const real = replaceByLink(step);
    expect(() => makeDirectory(directory, USUAL)).toThrow(`${step} is a link`);
    expect(existsSync(join(real, basename(directory)))).toBe(false);
  });

  it('is created with mode 0700', () => {
    const directory = join(temporaryDirectory(), 'a', 'b');
    makeDirectory(directory, USUAL);
    for (const each of [directory, dirname(directory)]) {
      expect(statSync(each).mode & 0o777).toBe(0o700);
    }
    makeDirectory(directory, USUAL);
  });

  it('may be missing; the result has its path', async () => {
    const directory = join(temporaryDirectory(), 'a', 'b');
    expect(await inspect(directory)).toEqual({ kind: 'missing', path: directory });
    writeFileSync(dirname(directory), 'in the way');
    expect(await inspect(directory)).toMatchObject({ kind: 'missing' });
    expect(() => makeDirectory(directory, USUAL)).toThrow();
  });
});

onPosix('a directory that is named explicitly', () => {
  it('may be a link of our own, even to another link', async () => {
    const top = temporaryDirectory();
    const [directory = ''] = nested(1);
    symlinkSync(directory, join(top, 'first'));
    symlinkSync('first', join(top, 'second'));
    expect(await inspect(join(top, 'second'), NAMED)).toMatchObject({
      kind: 'usable',
      path: directory,
    });
  });

  it('may be a link to a parent directory', async () => {
    const [step = '', directory = ''] = nested(2);
    symlinkSync('..', join(directory, 'up'));
    expect(await inspect(join(directory, 'up'), NAMED)).toMatchObject({
      kind: 'usable',
      path: step,
    });
  });

  it('may be a link to a missing directory', async () => {
    const top = temporaryDirectory();
    symlinkSync('none', join(top, 'link'));
    const missing = { kind: 'missing', path: join(top, 'none') };
    expect(await inspect(join(top, 'link'), NAMED)).toEqual(missing);
  });

  it('must not be a link to itself', async () => {
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(link, link);
    expect(await inspect(link, NAMED)).toMatchObject({
      kind: 'untrusted',
      reason: expect.stringContaining('too many links'),
    });
  });

  asRoot('must not be a link of another user', async () => {
    const [step = '', directory = ''] = nested(2);
    replaceByLink(step, STRANGER);
    expect(await inspect(directory, NAMED)).toMatchObject({
      kind: 'untrusted',
      step,
      reason: `${step} is a link of another user (uid ${STRANGER})`,
    });
  });
});
