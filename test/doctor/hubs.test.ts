import { once } from 'node:events';
import { chmodSync, chownSync, renameSync, symlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkHubs } from '../../src/doctor/hubs.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { leaveSocket } from '../helpers/gone.ts';
import { startAgent } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';

const onPosix = process.platform === 'win32' ? describe.skip : describe;
const asRoot = process.geteuid?.() === 0 ? it : it.skip;

const STARTED = '2026-11-22T09:00:00.000Z';

const FACTS = { id: 'x', pid: process.pid, version: '1.0.0', directory: '/p', started: STARTED };

const check = (
  hubsDirectory: string | null,
  age = 0,
  given: Partial<Parameters<typeof checkHubs>[0]> = {},
) =>
  checkHubs({
    hubsDirectories: hubsDirectory === null ? [] : [hubsDirectory],
    writesTo: '/p/instances',
    areNamed: false,
    version: '1.0.0',
    now: Date.parse(STARTED) + age,
    stale: [],
    ...given,
  });

/** A directory with the socket of a hub with our pid, which calls `greet` for each connection. */
async function offering(greet: (socket: Socket) => void): Promise<string> {
  const directory = temporaryDirectory();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    greet(socket);
  }).listen(join(directory, `${process.pid}.sock`));
  afterTest(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return directory;
}

const saying = (facts: object) =>
  offering((socket) => socket.write(`${JSON.stringify({ type: 'hub', facts })}\n{"type":"x"}\n`));

onPosix('a hub', () => {
  it('is found with its version, directory and age', async () => {
    const runtime = temporaryDirectory();
    const cwd = temporaryDirectory();
    await startAgent(cwd, { cwd, args: ['--settle', '0'], env: { XDG_RUNTIME_DIR: runtime } });
    const [finding] = await eventually(async () => {
      const findings = await check(join(runtime, 'signalbox', 'hubs'), 0, { writesTo: cwd });
      expect(findings).toMatchObject([{ subject: expect.stringMatching(/^hub \d+$/) }]);
      return findings;
    });
    // The version that runs here is not a release.
    expect(finding).toMatchObject({
      level: 'problem',
      says: expect.stringMatching(/^version \d+\.\d+\.\d+, in .*, \d+ \w+ old; this is 1\.0\.0$/),
    });
    expect(finding?.says).toContain(cwd);
  });

  it.each([
    [1_000, '1 s'],
    [-1_000, '0 s'],
    [119_000, '1 min'],
    [7_200_000, '2 h'],
    [90_000_000_000, '1041 d'],
  ])('is fine when its version is ours; %d ms are %s', async (age, shown) => {
    expect(await check(await saying(FACTS), age)).toEqual([
      {
        check: 'hubs',
        level: 'ok',
        subject: `hub ${process.pid}`,
        says: `version 1.0.0, in /p, ${shown} old`,
        remedy: null,
      },
    ]);
  });

  it('should be restarted if it has another version', async () => {
    expect(await check(await saying({ ...FACTS, version: '0.9.0' }))).toMatchObject([
      {
        level: 'problem',
        says: 'version 0.9.0, in /p, 0 s old; this is 1.0.0',
        remedy: expect.stringContaining('Restart the agent'),
      },
    ]);
  });

  it('is a problem if it does not answer', async () => {
    expect(await check(await offering(() => {}))).toMatchObject([
      { level: 'problem', says: 'does not answer' },
    ]);
  });

  it.each(['hello\n', '{"type":"actors","actors":[]}\n', `${'x'.repeat(70_000)}\n`])(
    'is wrong when it does not speak as one: %#',
    async (line) => {
      expect(await check(await offering((socket) => socket.write(line)))).toMatchObject([
        { level: 'problem', says: expect.stringContaining("does not use this version's protocol") },
      ]);
    },
  );

  it('was started in another environment if it does not watch where registrations are written', async () => {
    const [top, other] = [temporaryDirectory(), temporaryDirectory()];
    const instances = join(top, 'instances');
    symlinkSync(top, join(other, 'link'));
    const hub = await saying({ ...FACTS, watches: [instances] });
    expect(await check(hub, 0, { writesTo: instances })).toMatchObject([{ level: 'ok' }]);
    // The same directory in another spelling.
    const spelled = join(other, 'link', 'instances');
    expect(await check(hub, 0, { writesTo: spelled })).toMatchObject([{ level: 'ok' }]);
    expect(await check(hub, 0, { writesTo: other })).toMatchObject([
      { level: 'ok' },
      {
        level: 'problem',
        subject: `hub ${process.pid}`,
        says: `does not watch ${other}, where "run" and "register" write in this environment`,
        remedy: expect.stringContaining(`signalbox hub --instances-dir ${other}`),
      },
    ]);
    expect(await check(hub, 0, { writesTo: other, areNamed: true })).toMatchObject([
      { level: 'ok' },
      { level: 'note', says: `does not watch ${other}` },
    ]);
  });

  it('may be exiting', async () => {
    expect(await check(await offering((socket) => socket.end()))).toMatchObject([
      { level: 'note', says: expect.stringContaining('closed the connection without an answer') },
    ]);
  });

  it('is gone if nothing listens, even if its pid is reused', async () => {
    const directory = temporaryDirectory();
    const [left, ours] = [join(directory, 'left'), join(directory, `${process.pid}.sock`)];
    await leaveSocket(left);
    renameSync(left, ours);
    expect(await check(directory)).toMatchObject([{ level: 'problem', remedy: `rm ${ours}` }]);
  });

  it('is left to another check if its socket is stale', async () => {
    const directory = await saying(FACTS);
    const stale = [{ path: join(directory, `${process.pid}.sock`) }];
    expect(await check(directory, 0, { stale })).toMatchObject([
      { level: 'note', says: 'none runs' },
    ]);
  });
});

onPosix('the directory of the hubs', () => {
  it('may be missing or empty', async () => {
    const directory = temporaryDirectory();
    for (const each of [directory, join(directory, 'none')]) {
      expect(await check(each)).toMatchObject([{ level: 'note', says: 'none runs' }]);
    }
    expect(await check(null)).toMatchObject([{ level: 'note' }]);
  });

  it('is found in each of several directories', async () => {
    const directories = [await saying(FACTS), join(temporaryDirectory(), 'none')];
    expect(await check(null, 0, { hubsDirectories: directories.reverse() })).toMatchObject([
      { level: 'ok', subject: `hub ${process.pid}` },
    ]);
  });

  it('is a problem if it is a link, because hubs offer no sockets there', async () => {
    const directory = join(temporaryDirectory(), 'hubs');
    symlinkSync(await saying(FACTS), directory);
    expect(await check(directory)).toMatchObject([
      {
        level: 'problem',
        says: expect.stringContaining('is a link'),
        remedy: expect.stringContaining(`Remove ${directory}`),
      },
    ]);
  });

  it('is a problem if it is open to others, because hubs offer no sockets there', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o750);
    expect(await check(directory)).toMatchObject([
      { level: 'problem', remedy: expect.stringContaining(`chmod 700 ${directory}`) },
    ]);
  });

  asRoot('is wrong when it is somebody else’s', async () => {
    const directory = temporaryDirectory();
    chownSync(directory, 12_345, 12_345);
    expect(await check(directory)).toMatchObject([
      { level: 'problem', says: expect.stringContaining('uid 12345') },
    ]);
  });
});
