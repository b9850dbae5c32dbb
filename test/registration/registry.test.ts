import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Registration } from '../../machines/model.ts';
import { Claims } from '../../src/registration/claims.ts';
import { PriorityQueue } from '../../src/registration/priority-queue.ts';
import { Registry } from '../../src/registration/registry.ts';
import { DirectorySource } from '../../src/registration/sources/directory.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { eventually } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';
import { WEB } from '../helpers/scripted-instance.ts';
import { fields, put } from './sources/observer.ts';

/** A registry of two sources, each with a directory of its own. */
function twoSources() {
  const base = temporaryDirectory();
  const directories = ['first', 'second'].map((name) => join(base, name));
  for (const directory of directories) mkdirSync(directory, { mode: 0o700 });
  const story: string[] = [];
  const registry = new Registry({
    sources: directories.map(
      (directory) => new DirectorySource({ directories: [directory], allowHosts: [] }),
    ),
    onAccepted: ({ port }) => story.push(`accepted ${port}`),
    onRemoved: () => story.push('removed'),
    onRefused: ({ code }) => story.push(code),
    onScanned: () => story.push('scanned'),
  });
  registry.start();
  afterTest(() => registry.stop());
  const [first = '', second = ''] = directories.map((directory) => join(directory, 'web.json'));
  return { first, second, story, registry };
}

describe('an id that two sources claim', () => {
  it('belongs to the first source while that has it, and otherwise to the second', async () => {
    const { first, second, story, registry } = twoSources();
    await eventually(() => expect(story).toEqual(['scanned']));
    put(second, fields('web', { port: 2 }));
    await eventually(() => expect(story.at(-1)).toBe('accepted 2'));
    put(first, fields('web', { port: 1 }));
    await eventually(() => expect(registry.refusals()).toHaveLength(1));
    expect(story).toEqual(['scanned', 'accepted 2', 'removed', 'accepted 1', 'ID_TAKEN']);
    expect(registry.refusals()).toMatchObject([{ origin: { file: second }, code: 'ID_TAKEN' }]);
    rmSync(first);
    await eventually(() => expect(story.slice(-2)).toEqual(['removed', 'accepted 2']));
    expect(registry.refusals()).toEqual([]);
  });
});

describe('claims', () => {
  const registrationOf = (n: number): Registration => ({
    ...WEB,
    origin: { kind: 'file', file: String(n).padStart(6, '0') },
  });

  it('cost about log n comparisons each, however many wait for an id', () => {
    let compared = 0;
    const vacant: string[] = [];
    const claims = new Claims(
      (a, b) => {
        compared += 1;
        return a.registration.origin.file < b.registration.origin.file ? -1 : 1;
      },
      {
        onHeld: () => {},
        onReleased: () => {},
        onVacant: ({ registration }) => vacant.push(registration.origin.file),
        onWaiting: () => {},
      },
    );
    const many = 4_096;
    for (let n = 0; n < many; n += 1) claims.claim({ registration: registrationOf(n), rank: 0 });
    compared = 0;
    const rounds = 500;
    for (let n = 0; n < rounds; n += 1) {
      claims.withdraw(registrationOf(n).origin);
      expect(vacant.at(-1)).toBe(registrationOf(n + 1).origin.file);
      claims.claim({ registration: registrationOf(many + n), rank: 0 });
    }
    expect(compared / rounds).toBeLessThan(5 * Math.log2(many));
  });
});

describe('a priority queue', () => {
  it('returns the first member that was added and not deleted', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(60)), { maxLength: 300 }), (steps) => {
        const queue = new PriorityQueue<number>((a, b) => a - b);
        const members = new Set<number>();
        for (const [isAdded, member] of steps) {
          if (isAdded) queue.add(member);
          else queue.delete(member);
          if (isAdded) members.add(member);
          else members.delete(member);
          expect(queue.size).toBe(members.size);
          expect(queue.first()).toBe(members.size === 0 ? undefined : Math.min(...members));
        }
      }),
    );
  });
});
