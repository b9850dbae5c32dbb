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
import { announce, removeStaleFile } from '../../src/registration/announce.ts';
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
  it('writes a file that is accepted, that only we can read, and nothing beside it', () => {
    const { file } = announce(directory, WEB);
    const parsed = parseRegistration(readFileSync(file), { file, allowHosts: [] });
    expect(parsed).toMatchObject({ registration: { ...WEB, startedAt: expect.any(String) } });
    expect(readdirSync(directory)).toEqual(['web-1.json']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('removes its file, once or more often', () => {
    const { file, remove } = announce(directory, WEB);
    remove();
    expect(existsSync(file)).toBe(false);
    remove();
  });

  it('leaves the file to whoever announced themselves in it since', () => {
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

  it('throws when it can not write, and leaves no draft', () => {
    writeFileSync(join(scratch, 'some'), 'in the way');
    expect(() => announce(directory, WEB)).toThrow();
  });
});

describe('removeStaleFile', () => {
  it('deletes the file that holds the id', async () => {
    const { file } = announce(directory, WEB);
    expect(await removeStaleFile(file, 'web-1')).toBe(true);
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['holds another id', JSON.stringify({ id: 'other' })],
    ['is half written', '{"id": "web-1"'],
    ['is no object', 'null'],
  ])('leaves a file that %s', async (_what, content) => {
    const file = join(scratch, 'web.json');
    writeFileSync(file, content);
    expect(await removeStaleFile(file, 'web-1')).toBe(false);
    expect(existsSync(file)).toBe(true);
  });

  it('leaves a link and what it leads to', async () => {
    const { file } = announce(directory, WEB);
    const link = join(scratch, 'link.json');
    symlinkSync(file, link);
    expect(await removeStaleFile(link, 'web-1')).toBe(false);
    expect(existsSync(link)).toBe(true);
  });

  it('is fine with a file that is gone', async () => {
    expect(await removeStaleFile(join(scratch, 'none.json'), 'web-1')).toBe(false);
  });
});
