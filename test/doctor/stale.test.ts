import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkStale, findStale } from '../../src/doctor/stale.ts';
import { processStart } from '../../src/process-start.ts';
import { gonePid, leaveSocket } from '../helpers/gone.ts';
import { register, temporaryDirectory, writeInOneStep } from '../helpers/registrations.ts';

/** A port on which nothing listens. */
const NOBODY = 1;

const onPosix = process.platform === 'win32' ? it.skip : it;

const find = (directory: string, hubs: string | null = null, now = Date.now()) =>
  findStale({
    directories: [directory],
    naming: { isNamed: true },
    hubsDirectories: hubs === null ? [] : [hubs],
    now,
  });

describe('a stale registration', () => {
  it('is removed', async () => {
    const directory = temporaryDirectory();
    const pid = gonePid();
    const file = register(directory, { id: 'web', port: NOBODY, pid });
    const [stale, ...more] = await find(directory);
    expect(more).toEqual([]);
    expect(stale).toMatchObject({
      path: file,
      because: `process ${pid} is gone, and nothing listens at port 1`,
    });
    expect(stale?.remove()).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
    expect(stale?.remove()).toBe(false);
  });

  onPosix('is known also when another process has its pid by now', async () => {
    const directory = temporaryDirectory();
    const facts = { port: NOBODY, pid: process.pid };
    register(directory, { id: 'us', ...facts, process_start: processStart(process.pid) });
    const file = register(directory, { id: 'before', ...facts, process_start: 'before' });
    expect((await find(directory)).map(({ path }) => path)).toEqual([file]);
  });

  it('is not removed if it was rewritten since it was found', async () => {
    const directory = temporaryDirectory();
    const pid = gonePid();
    const file = register(directory, { id: 'web', port: NOBODY, pid });
    const [stale] = await find(directory);
    // The same id and pid, at another port.
    register(directory, { id: 'web', port: 2, pid });
    expect(stale?.remove()).toBe(false);
    expect(existsSync(file)).toBe(true);
  });

  onPosix('is not removed when a link has taken its place', async () => {
    const directory = temporaryDirectory();
    const facts = { id: 'web', port: NOBODY, pid: gonePid() };
    const file = register(directory, facts);
    const [stale] = await find(directory);
    const elsewhere = register(temporaryDirectory(), facts);
    stale?.remove();
    symlinkSync(elsewhere, file);
    expect(stale?.remove()).toBe(false);
    expect(existsSync(elsewhere)).toBe(true);
  });

  onPosix('is none where others may write', async () => {
    const directory = temporaryDirectory();
    const facts = { id: 'web', port: NOBODY, pid: gonePid() };
    chmodSync(register(directory, facts), 0o620);
    expect(await find(directory)).toEqual([]);
    register(directory, facts);
    chmodSync(directory, 0o770);
    expect(await find(directory)).toEqual([]);
  });

  it('does not exist in a missing directory or a file', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(await find(join(directory, 'none'))).toEqual([]);
    expect(await find(file, file)).toEqual([]);
  });
});

describe('a draft', () => {
  const DRAFT = '.web-1.0123456789ab.tmp';
  const HOUR = 3_600_000;

  it('is stale if it was not written to for an hour', async () => {
    const directory = temporaryDirectory();
    const now = Date.now();
    for (const name of [DRAFT, '.web.json.tmp', 'notes.tmp', '.web-1.xyz.tmp']) {
      writeInOneStep(join(directory, name), '{"id":');
    }
    expect(await find(directory)).toEqual([]);
    const [draft, ...more] = await find(directory, null, now + HOUR + 60_000);
    expect(more).toEqual([]);
    expect(draft).toMatchObject({
      path: join(directory, DRAFT),
      because: expect.stringMatching(/^a draft of a registration, unfinished since \d{4}-/),
    });
    expect(draft?.remove()).toBe(true);
    expect(readdirSync(directory)).not.toContain(DRAFT);
    expect(readdirSync(directory)).toHaveLength(3);
  });

  it('stays while it is being written', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, DRAFT);
    writeInOneStep(file, '{');
    const old = Date.now() / 1_000 - 7_200;
    utimesSync(file, old, old);
    const [draft] = await find(directory);
    writeFileSync(file, '{}');
    expect(draft?.remove()).toBe(false);
    expect(existsSync(file)).toBe(true);
  });

  onPosix('stays when it is a link or a directory', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, '.a.0123456789ab.tmp'));
    symlinkSync('nowhere', join(directory, '.b.0123456789ab.tmp'));
    expect(await find(directory, null, Date.now() + 2 * HOUR)).toEqual([]);
  });
});

describe('the socket of a hub', () => {
  onPosix('is stale when its hub is gone', async () => {
    const hubs = temporaryDirectory();
    const draft = join(hubs, 'draft');
    const pid = await leaveSocket(draft);
    const gone = join(hubs, `${pid}.sock`);
    renameSync(draft, gone);
    // A running process, and a file that is not a socket.
    await leaveSocket(join(hubs, `${process.pid}.sock`));
    symlinkSync(gone, join(hubs, `${gonePid()}.sock`));
    const [stale, ...more] = await find(temporaryDirectory(), hubs);
    expect(more).toEqual([]);
    expect(stale).toMatchObject({ path: gone, because: `the socket of hub ${pid}, which is gone` });
    expect(stale?.remove()).toBe(true);
    expect(stale?.remove()).toBe(false);
    expect(readdirSync(hubs)).toHaveLength(2);
  });
});

describe('what is found', () => {
  const stale = [{ path: '/a b/x.json', because: 'gone' }];

  it('has a remedy for the directory where it was found', () => {
    const [named] = checkStale({ stale, directories: ['/a b', '/c'], areNamed: true });
    expect(named).toMatchObject({
      level: 'problem',
      subject: '/a b/x.json',
      says: 'gone',
      remedy: "signalbox prune --instances-dir '/a b'",
    });
    const [usual] = checkStale({ stale, directories: ['/a b', '/c'], areNamed: false });
    expect(usual?.remedy).toBe('signalbox prune');
  });

  it('may be nothing', () => {
    expect(checkStale({ stale: [], directories: [], areNamed: false })).toMatchObject([
      { level: 'ok' },
    ]);
  });
});
