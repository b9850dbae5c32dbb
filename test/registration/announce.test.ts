import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isRunning } from '../../src/is-running.ts';
import { processStart } from '../../src/process-start.ts';
import { announce } from '../../src/registration/announce.ts';
import { draftName, isDraft } from '../../src/registration/drafts.ts';
import { removeStaleFile } from '../../src/registration/remove-file.ts';
import { parseRegistration } from '../../src/registration/schema.ts';

const WEB = {
  id: 'web-1',
  name: 'web',
  path: '/home/me/web',
  port: 7778,
  pid: 42,
  token: 'secret',
};

let scratch: string;
let directory: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'signalbox-announce-'));
  directory = join(scratch, 'some', 'instances');
});

afterEach(() => rmSync(scratch, { recursive: true, force: true }));

describe('announce', () => {
  it('writes a valid file that only we can read, and nothing else', () => {
    const { file } = announce(directory, WEB);
    const parsed = parseRegistration(readFileSync(file));
    expect(parsed).toMatchObject({ registration: { ...WEB, startedAt: expect.any(String) } });
    expect(readdirSync(directory)).toEqual(['web-1.json']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('removes its file, even if called twice', () => {
    const { file, remove } = announce(directory, WEB);
    remove();
    expect(existsSync(file)).toBe(false);
    remove();
  });

  it('keeps a file that another instance has overwritten', () => {
    const first = announce(directory, WEB);
    const second = announce(directory, { ...WEB, pid: 43 });
    first.remove();
    expect(existsSync(second.file)).toBe(true);
    second.remove();
    expect(existsSync(second.file)).toBe(false);
  });

  it.each([
    [{ ...WEB, id: '../evil' }, /id: /],
    [{ ...WEB, name: '' }, /name: /],
    [{ ...WEB, path: 'web' }, /path: /],
    [{ ...WEB, port: 0 }, /port: /],
  ])('throws instead of writing what would be refused', (announcement, reason) => {
    expect(() => announce(directory, announcement)).toThrow(reason);
    expect(existsSync(scratch) && readdirSync(scratch)).toEqual([]);
  });

  it('leaves room for the suffix of the longest name', () => {
    const { id: _, ...unnamed } = { ...WEB, pid: process.pid, name: 'ü'.repeat(200) };
    announce(directory, unnamed);
    expect(announce(directory, unnamed)).toMatchObject({ name: `${'ü'.repeat(190)}-2` });
  });

  it('derives an id from the name by default', () => {
    const { id: _, ...unnamed } = { ...WEB, name: 'My Wéb!' };
    expect(announce(directory, unnamed)).toMatchObject({
      id: 'my-w-b',
      name: 'My Wéb!',
      file: join(directory, 'my-w-b.json'),
    });
    expect(announce(directory, { ...unnamed, name: '网站' })).toMatchObject({ id: 'instance' });
    expect(announce(directory, { ...unnamed, name: '博客' })).toMatchObject({ id: 'instance-2' });
  });

  describe('without an id', () => {
    const { id: _, pid: __, ...web } = WEB;
    const here = { ...web, pid: process.pid };

    it.each([1, 2])('adds a suffix to a name that %s running instances have', (others) => {
      for (let n = 0; n < others; n += 1) announce(directory, here);
      const name = `web-${others + 1}`;
      expect(announce(directory, here)).toMatchObject({ id: name, name });
      expect(readdirSync(directory)).toHaveLength(others + 1);
    });

    it('counts names in files with other names, and names of unreadable files', () => {
      announce(directory, { ...here, id: 'other' });
      expect(announce(directory, here)).toMatchObject({ id: 'web-2', name: 'web-2' });
      writeFileSync(join(directory, 'web-3.json'), '{', { mode: 0o600 });
      expect(announce(directory, here)).toMatchObject({ id: 'web-3-2', name: 'web-3' });
    });

    it('replaces an instance whose process is gone, even if its pid is reused', () => {
      const gone = announce(directory, { ...web, pid: 2 ** 30 });
      expect(announce(directory, here)).toMatchObject({ id: 'web', name: 'web' });
      writeFileSync(gone.file, JSON.stringify({ ...WEB, ...here, process_start: 'before' }));
      expect(announce(directory, here)).toMatchObject({ id: 'web', name: 'web' });
      expect(readdirSync(directory)).toEqual(['web.json']);
    });

    it('replaces itself if no process is named: the same name at the same port', () => {
      announce(directory, web);
      expect(announce(directory, web)).toMatchObject({ id: 'web' });
      expect(announce(directory, { ...web, port: 1 })).toMatchObject({ id: 'web-2' });
    });

    it('waits briefly for another claimant of the name, but not for a killed one', () => {
      announce(directory, here).remove();
      writeFileSync(join(directory, 'web.json.lock'), '');
      const started = Date.now();
      expect(announce(directory, here)).toMatchObject({ id: 'web' });
      expect(Date.now()).toBeGreaterThan(started);
      expect(readdirSync(directory)).toEqual(['web.json']);
    });

    it('does not block on a FIFO or write through a link', () => {
      announce(directory, here).remove();
      execFileSync('mkfifo', [join(directory, 'a.json')]);
      const outside = join(scratch, 'outside');
      symlinkSync(outside, join(directory, 'web.json'));
      expect(announce(directory, here)).toMatchObject({ id: 'web-2' });
      expect(existsSync(outside)).toBe(false);
    });

    it('records when its process started, which identifies it if the pid is reused', () => {
      const { file } = announce(directory, here);
      const { process_start: start } = JSON.parse(readFileSync(file, 'utf8'));
      expect(start).toBe(processStart(process.pid));
      expect(isRunning(process.pid, start)).toBe(true);
      expect(isRunning(process.pid, `${start}0`)).toBe(false);
      expect(isRunning(process.pid)).toBe(true);
      expect(isRunning(2 ** 30)).toBe(false);
    });
  });

  it('throws if it cannot write, and leaves no draft behind', () => {
    writeFileSync(join(scratch, 'some'), 'in the way');
    expect(() => announce(directory, WEB)).toThrow();
  });
});

describe('a draft', () => {
  it('is recognized by its name', () => {
    for (const id of ['web-1', '.', 'x'.repeat(128)]) expect(isDraft(draftName(id))).toBe(true);
    for (const name of [
      'web-1.json',
      '.web-1.tmp',
      '.web-1.json.0123456789ab',
      '.0123456789ab.tmp',
    ]) {
      expect(isDraft(name)).toBe(false);
    }
  });
});

describe('removeStaleFile', () => {
  it('deletes the file that holds the id', async () => {
    const { file } = announce(directory, WEB);
    expect(await removeStaleFile({ kind: 'file', file }, 'web-1')).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['holds another id', JSON.stringify({ id: 'other' })],
    ['is half written', '{"id": "web-1"'],
    ['is no object', 'null'],
  ])('leaves a file that %s', async (_what, content) => {
    const file = join(scratch, 'web.json');
    writeFileSync(file, content);
    expect(await removeStaleFile({ kind: 'file', file }, 'web-1')).toBe(false);
    expect(existsSync(file)).toBe(true);
  });

  it('keeps a link and its target', async () => {
    const { file } = announce(directory, WEB);
    const link = join(scratch, 'link.json');
    symlinkSync(file, link);
    expect(await removeStaleFile({ kind: 'file', file: link }, 'web-1')).toBe(false);
    expect(existsSync(link)).toBe(true);
  });

  it('ignores a missing file', async () => {
    expect(await removeStaleFile({ kind: 'file', file: join(scratch, 'none.json') }, 'web-1')).toBe(
      false,
    );
  });
});
