import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { originText } from '../../../src/origin.ts';
import { fields, fileOrigin, observe, observeScratch, put, type Scratch } from './observer.ts';

let scratch: Scratch;
let web: string;

beforeEach(async () => {
  scratch = await observeScratch();
  web = join(scratch.directory, 'web.json');
});

afterEach(() => scratch.end());

describe('a registration', () => {
  it('is accepted when its file appears, changed when it is renamed over, removed with it', async () => {
    const { observer } = scratch;
    put(web, fields('web', { has_package_json: true }));
    await observer.until(() => observer.accepted('web').length === 1);
    put(web, fields('web', { port: 7779, has_package_json: true }));
    await observer.until(() => observer.accepted('web').length === 2);
    unlinkSync(web);
    await observer.until(() => observer.storyOf('web').includes('removed'));
    expect(observer.storyOf('web')).toEqual(['accepted', 'accepted', 'removed']);
    expect(observer.accepted('web').map(({ port }) => port)).toEqual([7778, 7779]);
    expect(observer.accepted('web')[0]).toMatchObject({
      origin: fileOrigin(web),
      hasPackageJson: true,
    });
  });

  it('is told again when the same facts are written again: a heartbeat', async () => {
    const { observer } = scratch;
    for (const beat of [1, 2, 3]) {
      put(web, fields('web'));
      await observer.until(() => observer.accepted('web').length === beat);
    }
    await scratch.settled();
    expect(observer.accepted('web')).toHaveLength(3);
  });

  it('is told once for one write, even if it rings more than once', async () => {
    const { observer } = scratch;
    put(web, fields('web'));
    await scratch.settled();
    await scratch.settled();
    expect(observer.accepted('web')).toHaveLength(1);
  });

  it('is seen to change when it is written in place, as long as before and within one tick', async () => {
    const { observer } = scratch;
    put(web, fields('web', { port: 1000 }));
    await observer.until(() => observer.accepted('web').length === 1);
    for (let port = 1001; port <= 1050; port += 1) {
      writeFileSync(web, JSON.stringify(fields('web', { port })));
      if (port % 10 === 0) await scratch.settled();
    }
    await observer.until(() => observer.accepted('web').at(-1)?.port === 1050);
    expect(observer.storyOf('web')).not.toContain('removed');
  });

  it('comes and goes and comes again without a pause', async () => {
    const { observer } = scratch;
    for (let round = 1; round <= 10; round += 1) {
      put(web, fields('web', { port: round }));
      await observer.until(() => observer.accepted('web').length === round);
      unlinkSync(web);
      await observer.until(() => observer.storyOf('web').length === 2 * round);
    }
  });

  it('stays as it was while its file is half written', async () => {
    const { observer } = scratch;
    put(web, fields('web'));
    await observer.until(() => observer.accepted('web').length === 1);
    writeFileSync(web, '{"id": "web", "na');
    await observer.until(() => observer.refusals().length === 1);
    expect(observer.refusals()).toEqual([
      { origin: fileOrigin(web), code: 'NOT_JSON', reason: expect.stringMatching(/not JSON/) },
    ]);
    writeFileSync(web, JSON.stringify(fields('web', { port: 7779 })));
    await observer.until(() => observer.accepted('web').length === 2);
    expect(observer.storyOf('web')).toEqual(['accepted', 'accepted']);
    expect(observer.refusals()).toEqual([]);
  });

  it('that was half written at first is accepted when it is whole', async () => {
    const { observer } = scratch;
    writeFileSync(web, '{"id": "web"', { mode: 0o600 });
    await observer.until(() => observer.refusals().length === 1);
    writeFileSync(web, JSON.stringify(fields('web')));
    await observer.until(() => observer.accepted('web').length === 1);
    expect(observer.refusals()).toEqual([]);
  });

  it('with another id is another instance', async () => {
    const { observer } = scratch;
    put(web, fields('web'));
    await observer.until(() => observer.accepted('web').length === 1);
    put(web, fields('web-2'));
    await observer.until(() => observer.accepted('web-2').length === 1);
    expect(observer.storyOf('web')).toEqual(['accepted', 'removed']);
  });

  it('may have an id that objects have as a key', async () => {
    const { observer } = scratch;
    const file = join(scratch.directory, '__proto__.json');
    put(file, fields('__proto__'));
    await observer.until(() => observer.accepted('__proto__').length === 1);
    unlinkSync(file);
    await observer.until(() => observer.storyOf('__proto__').includes('removed'));
  });

  it('says whether there is a package.json when the file does not', async () => {
    const { observer } = scratch;
    put(web, fields('web', { path: scratch.scratch }));
    await observer.until(() => observer.accepted('web').length === 1);
    writeFileSync(join(scratch.scratch, 'package.json'), '{}');
    put(web, fields('web', { path: scratch.scratch }));
    await observer.until(() => observer.accepted('web').length === 2);
    const said = observer.accepted('web').map(({ hasPackageJson }) => hasPackageJson);
    expect(said).toEqual([false, true]);
  });

  it('is looked for in *.json only, hidden ones too', async () => {
    const { observer } = scratch;
    put(join(scratch.directory, 'web.json.bak'), fields('bak'));
    put(join(scratch.directory, 'web.txt'), fields('txt'));
    put(join(scratch.directory, '.hidden.json'), fields('hidden'));
    await observer.until(() => observer.accepted('hidden').length === 1);
    expect(observer.told.filter(({ type }) => type !== 'scanned')).toHaveLength(1);
  });
});

describe('many files', () => {
  it('that come at once are all accepted, and all removed', async () => {
    const { observer, directory } = scratch;
    const ids = Array.from({ length: 200 }, (_, index) => `burst-${index}`);
    for (const id of ids) put(join(directory, `${id}.json`), fields(id));
    await observer.until(() => ids.every((id) => observer.accepted(id).length === 1));
    for (const id of ids) unlinkSync(join(directory, `${id}.json`));
    await observer.until(() => ids.every((id) => observer.storyOf(id).includes('removed')));
    expect(observer.refusals()).toEqual([]);
  });

  it('that are more than the system keeps events for are found all the same', async () => {
    const { observer, directory } = scratch;
    const ids = Array.from({ length: 8_000 }, (_, index) => `flood-${index}`);
    for (const id of ids) put(join(directory, `${id}.json`), fields(id));
    const found = new Set<string>();
    await observer.until(() => {
      const last = observer.told.at(-1);
      if (last?.type === 'accepted') found.add(last.registration.id);
      return found.size === ids.length;
    });
  });

  it('of other kinds hold nobody up, and are not asked about', async () => {
    const heap = join(scratch.scratch, 'heap');
    mkdirSync(heap, { mode: 0o700 });
    for (let index = 0; index < 5_000; index += 1) writeFileSync(join(heap, `${index}.txt`), '');
    put(join(heap, 'web.json'), fields('web'));
    const observer = observe({ directories: [heap] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    expect(observer.told.map(({ type }) => type)).toEqual(['accepted', 'scanned']);
    writeFileSync(join(heap, 'one-more.txt'), '');
    put(join(heap, 'api.json'), fields('api'));
    await observer.until(() => observer.accepted('api').length === 1);
    expect(observer.refusals()).toEqual([]);
    await observer.stop();
  });

  it('of junk are listed as refused, but only so many are told', async () => {
    const junkyard = join(scratch.scratch, 'junk');
    mkdirSync(junkyard, { mode: 0o700 });
    for (let index = 0; index < 1_000; index += 1) {
      writeFileSync(join(junkyard, `${index}.json`), 'junk', { mode: 0o600 });
    }
    put(join(junkyard, 'web.json'), fields('web'));
    const observer = observe({ directories: [junkyard] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    expect(observer.accepted('web')).toHaveLength(1);
    expect(observer.refusals()).toHaveLength(1_000);
    expect(observer.told.filter(({ type }) => type === 'refused').length).toBeLessThan(1_000);
    await observer.stop();
  });
});

describe('an id that two directories have', () => {
  const inBoth = () =>
    ['first', 'second'].map((name) => {
      const directory = join(scratch.scratch, name);
      mkdirSync(directory, { mode: 0o700 });
      return directory;
    });

  it('is held by the first directory, whichever file is older or first by name', async () => {
    const [first = '', second = ''] = inBoth();
    put(join(second, 'a.json'), fields('web', { port: 2 }));
    put(join(first, 'z.json'), fields('web', { port: 1 }));
    const observer = observe({ directories: [first, second] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    expect(observer.accepted('web').map(({ port }) => port)).toEqual([1]);
    expect(observer.refusals()).toMatchObject([{ origin: fileOrigin(join(second, 'a.json')) }]);
    await observer.stop();
  });

  it('stays with its holder when the first directory gets it later, and goes there afterwards', async () => {
    const [first = '', second = ''] = inBoth();
    const [later, holder] = [join(first, 'web.json'), join(second, 'web.json')];
    put(holder, fields('web', { port: 2 }));
    const observer = observe({ directories: [first, second] });
    await observer.until(() => observer.accepted('web').length === 1);
    put(later, fields('web', { port: 1 }));
    await observer.until(() =>
      observer.refusals().some(({ origin }) => originText(origin) === later),
    );
    rmSync(holder);
    await observer.until(() => observer.accepted('web').length === 2);
    expect(observer.accepted('web').map(({ port }) => port)).toEqual([2, 1]);
    await observer.stop();
  });
});

describe('an id that two files want', () => {
  it('is held by the first by name at the first scan, in the earlier directory', async () => {
    const later = join(scratch.scratch, 'a');
    const earlier = join(scratch.scratch, 'b');
    for (const directory of [later, earlier]) {
      mkdirSync(directory, { mode: 0o700 });
      for (const name of ['z', 'm', 'a']) put(join(directory, `${name}.json`), fields('web'));
    }
    const observer = observe({ directories: [earlier, later] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    expect(observer.accepted('web').map(({ origin }) => origin.file)).toEqual([
      join(earlier, 'a.json'),
    ]);
    expect(observer.refusals()).toHaveLength(5);
    expect(observer.refusals()[0]?.reason).toContain(join(earlier, 'a.json'));
    await observer.stop();
  });

  it('stays with its holder, and goes over to the one that waits when the holder goes', async () => {
    const { observer, directory } = scratch;
    const rival = join(directory, 'a-rival.json');
    put(web, fields('web'));
    await observer.until(() => observer.accepted('web').length === 1);
    put(rival, fields('web', { port: 9000 }));
    await observer.until(() => observer.refusals().length === 1);
    expect(observer.refusals()).toEqual([
      { origin: fileOrigin(rival), code: 'ID_TAKEN', reason: expect.stringContaining(web) },
    ]);
    unlinkSync(web);
    await observer.until(() => observer.accepted('web').length === 2);
    expect(observer.storyOf('web')).toEqual(['accepted', 'removed', 'accepted']);
    expect(observer.accepted('web').at(-1)).toMatchObject({
      origin: fileOrigin(rival),
      port: 9000,
    });
    expect(observer.refusals()).toEqual([]);
  });

  it('goes over when the holder takes another id', async () => {
    const { observer, directory } = scratch;
    const rival = join(directory, 'rival.json');
    put(web, fields('web'));
    await observer.until(() => observer.accepted('web').length === 1);
    put(rival, fields('web'));
    await observer.until(() => observer.refusals().length === 1);
    put(web, fields('other'));
    await observer.until(() => observer.accepted('other').length === 1);
    // Its file is looked at once more before.
    await observer.until(() => observer.accepted('web').at(-1)?.origin.file === rival);
  });
});

describe('the watcher', () => {
  it('watches a directory once, however often and however it is named', async () => {
    const link = join(scratch.scratch, 'link');
    symlinkSync(scratch.directory, link);
    put(web, fields('web'));
    const observer = observe({ directories: [scratch.directory, link, `${link}/../instances/`] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    expect(observer.accepted('web')).toHaveLength(1);
    expect(observer.refusals()).toEqual([]);
    await observer.stop();
  });

  it('says once that all was scanned, and after what it found', async () => {
    put(web, fields('web'));
    put(join(scratch.directory, 'bad.json'), 'bad');
    const observer = observe({ directories: [join(scratch.scratch, 'none'), scratch.directory] });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    expect(observer.told.map(({ type }) => type)).toEqual(['refused', 'accepted', 'scanned']);
    await observer.stop();
  });

  it('lives on when a callback throws', async () => {
    const logged: string[] = [];
    const observer = observe({
      directories: [scratch.directory],
      onRefused: () => {
        throw new Error('from a callback');
      },
      log: { error: (_message, about) => logged.push(String(about?.['error'])) },
    });
    await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
    put(join(scratch.directory, 'bad.json'), 'bad');
    put(web, fields('web'));
    await observer.until(() => observer.accepted('web').length === 1);
    expect(logged).toEqual(['from a callback']);
    await observer.stop();
  });

  it('tells nothing once it is stopped', async () => {
    const { observer } = scratch;
    const stopping = observer.stop();
    put(web, fields('web'));
    await stopping;
    expect(observer.accepted('web')).toEqual([]);
  });

  it('can be stopped before it has begun', async () => {
    const observer = observe({ directories: [scratch.directory] });
    await observer.stop();
    expect(observer.told).toEqual([]);
  });

  it('finds what no event told, sooner or later', async () => {
    const parent = join(scratch.scratch, 'far', 'away');
    const directory = join(parent, 'instances');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    put(join(directory, 'web.json'), fields('web'));
    const observer = observe({ directories: [directory], lookAnyway: 20 });
    await observer.until(() => observer.accepted('web').length === 1);
    // An ancestor beyond the parent: nobody watches it.
    renameSync(join(scratch.scratch, 'far'), join(scratch.scratch, 'gone'));
    await observer.until(() => observer.storyOf('web').includes('removed'));
    renameSync(join(scratch.scratch, 'gone'), join(scratch.scratch, 'far'));
    await observer.until(() => observer.accepted('web').length === 2);
    await observer.stop();
    rmSync(parent, { recursive: true });
  });
});
