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

/** What both ways of looking say. */
async function inspect(directory: string, naming = USUAL) {
  const condition = await inspectDirectory(directory, naming);
  expect(inspectDirectorySync(directory, naming)).toEqual(condition);
  return condition;
}

/** A directory of ours, `depth` steps below a temporary one; returns every step, the last one last. */
function nested(depth: number): string[] {
  const top = temporaryDirectory();
  const steps = Array.from({ length: depth }, (_, n) =>
    join(top, ...Array.from({ length: n + 1 }, (_, step) => `step-${step}`)),
  );
  mkdirSync(steps.at(-1) ?? top, { recursive: true, mode: 0o700 });
  return steps;
}

/** Puts a link of `owner` in the place of a directory, which is kept elsewhere. */
function replaceByLink(step: string, owner = 0): string {
  const real = join(temporaryDirectory(), basename(step));
  renameSync(step, real);
  symlinkSync(real, step);
  if (owner !== 0) lchownSync(step, owner, owner);
  return real;
}

onPosix('a default directory', () => {
  it('is used when it is ours, below a place where everybody can write', async () => {
    const [directory = ''] = nested(1);
    expect(await inspect(directory)).toMatchObject({ kind: 'usable', path: directory });
  });

  it('is not used when a step is one that others can exchange, wherever that is', async () => {
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

  it('is used when a step is open to all, but nobody else can exchange what is in it', async () => {
    const [open = '', directory = ''] = nested(2);
    chmodSync(open, 0o1777);
    expect((await inspect(directory)).kind).toBe('usable');
    chmodSync(open, 0o777);
    expect(await inspect(directory)).toMatchObject({
      kind: 'untrusted',
      step: open,
      reason: `${open} lets everybody exchange what is in it (chmod o-w)`,
    });
  });

  it('is found again when the step is taken back', async () => {
    const [step = '', directory = ''] = nested(2);
    const real = replaceByLink(step);
    expect((await inspect(directory)).kind).toBe('untrusted');
    rmSync(step);
    renameSync(real, step);
    expect((await inspect(directory)).kind).toBe('usable');
  });

  it('is not made where a step can not be trusted', async () => {
    const [step = '', directory = ''] = nested(2);
    rmSync(directory, { recursive: true });
    const real = replaceByLink(step);
    expect(() => makeDirectory(directory, USUAL)).toThrow(`${step} is a link`);
    expect(existsSync(join(real, basename(directory)))).toBe(false);
  });

  it('is made for us alone', () => {
    const directory = join(temporaryDirectory(), 'a', 'b');
    makeDirectory(directory, USUAL);
    for (const each of [directory, dirname(directory)]) {
      expect(statSync(each).mode & 0o777).toBe(0o700);
    }
    makeDirectory(directory, USUAL);
  });

  it('can be missing, and then says where it would be', async () => {
    const directory = join(temporaryDirectory(), 'a', 'b');
    expect(await inspect(directory)).toEqual({ kind: 'missing', path: directory });
    writeFileSync(dirname(directory), 'in the way');
    expect(await inspect(directory)).toMatchObject({ kind: 'missing' });
    expect(() => makeDirectory(directory, USUAL)).toThrow();
  });
});

onPosix('a directory that is named', () => {
  it('may be a link of our own, to a link', async () => {
    const top = temporaryDirectory();
    const [directory = ''] = nested(1);
    symlinkSync(directory, join(top, 'first'));
    symlinkSync('first', join(top, 'second'));
    expect(await inspect(join(top, 'second'), NAMED)).toMatchObject({
      kind: 'usable',
      path: directory,
    });
  });

  it('may be a link that leads up', async () => {
    const [step = '', directory = ''] = nested(2);
    symlinkSync('..', join(directory, 'up'));
    expect(await inspect(join(directory, 'up'), NAMED)).toMatchObject({
      kind: 'usable',
      path: step,
    });
  });

  it('may be a link to what is missing', async () => {
    const top = temporaryDirectory();
    symlinkSync('none', join(top, 'link'));
    const missing = { kind: 'missing', path: join(top, 'none') };
    expect(await inspect(join(top, 'link'), NAMED)).toEqual(missing);
  });

  it('is not a link to itself', async () => {
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(link, link);
    expect(await inspect(link, NAMED)).toMatchObject({
      kind: 'untrusted',
      reason: expect.stringContaining('too many links'),
    });
  });

  asRoot('is not a link of another user', async () => {
    const [step = '', directory = ''] = nested(2);
    replaceByLink(step, STRANGER);
    expect(await inspect(directory, NAMED)).toMatchObject({
      kind: 'untrusted',
      step,
      reason: `${step} is a link of another user (uid ${STRANGER})`,
    });
  });
});
