import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fields, observe, observeScratch, put, type Scratch } from './observer.ts';

let scratch: Scratch;

beforeEach(async () => {
  scratch = await observeScratch();
});

afterEach(() => scratch.end());

const fill = (directory: string, id: string) => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  put(join(directory, `${id}.json`), fields(id));
};

describe('a directory that goes', () => {
  it('takes its instances along and brings them back', async () => {
    const { observer, directory } = scratch;
    fill(directory, 'web');
    await observer.until(() => observer.accepted('web').length === 1);
    rmSync(directory, { recursive: true });
    await observer.until(() => observer.storyOf('web').includes('removed'));
    fill(directory, 'web');
    await observer.until(() => observer.accepted('web').length === 2);
    unlinkSync(join(directory, 'web.json'));
    await observer.until(() => observer.storyOf('web').length === 4);
  });

  it('may be back in the same moment, again and again', async () => {
    const { observer, directory } = scratch;
    for (let round = 0; round < 10; round += 1) {
      rmSync(directory, { recursive: true });
      fill(directory, `web-${round}`);
      await observer.until(() => observer.accepted(`web-${round}`).length === 1);
    }
    await observer.until(() => observer.storyOf('web-8').includes('removed'));
    expect(observer.storyOf('web-9')).toEqual(['accepted']);
  });

  it('may be moved away, and another put in its place', async () => {
    const { observer, directory } = scratch;
    fill(directory, 'web');
    await observer.until(() => observer.accepted('web').length === 1);
    renameSync(directory, `${directory}-old`);
    await observer.until(() => observer.storyOf('web').includes('removed'));
    fill(`${directory}-new`, 'api');
    renameSync(`${directory}-new`, directory);
    await observer.until(() => observer.accepted('api').length === 1);
    put(join(directory, 'late.json'), fields('late'));
    await observer.until(() => observer.accepted('late').length === 1);
  });

  it('may be seen to go by two watchers of one process', async () => {
    const { observer, directory } = scratch;
    const second = observe({ directories: [directory] });
    await second.until(() => second.told.some(({ type }) => type === 'scanned'));
    for (const id of ['first', 'second', 'third']) {
      rmSync(directory, { recursive: true });
      fill(directory, id);
      for (const each of [observer, second]) {
        await each.until(() => each.accepted(id).length === 1);
      }
      put(join(directory, 'late.json'), fields(`late-${id}`));
      for (const each of [observer, second]) {
        await each.until(() => each.accepted(`late-${id}`).length === 1);
      }
    }
    await second.stop();
  });
});

describe('a directory that is missing at first', () => {
  it('is found when it comes, with all its parents at once', async () => {
    const directory = join(scratch.scratch, 'a', 'b', 'c', 'instances');
    const observer = observe({ directories: [directory] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    fill(directory, 'web');
    await observer.until(() => observer.accepted('web').length === 1);
    put(join(directory, 'late.json'), fields('late'));
    await observer.until(() => observer.accepted('late').length === 1);
    await observer.stop();
  });

  it('is found when its parents come one by one, and go and come again', async () => {
    const top = join(scratch.scratch, 'top');
    const directory = join(top, 'middle', 'instances');
    const observer = observe({ directories: [directory] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    for (let round = 1; round <= 3; round += 1) {
      for (const step of [top, join(top, 'middle'), directory]) {
        mkdirSync(step, { mode: 0o700 });
        // Gives the watcher the time to see each step: what is between them goes by events too.
        await scratch.settled();
      }
      fill(directory, 'web');
      await observer.until(() => observer.accepted('web').length === round);
      rmSync(top, { recursive: true });
      await observer.until(() => observer.storyOf('web').length === 2 * round);
    }
    await observer.stop();
  });

  it('may come as a link', async () => {
    const directory = join(scratch.scratch, 'link');
    const observer = observe({ directories: [directory] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    fill(join(scratch.scratch, 'target'), 'web');
    symlinkSync(join(scratch.scratch, 'target'), directory);
    await observer.until(() => observer.accepted('web').length === 1);
    await observer.stop();
  });
});
