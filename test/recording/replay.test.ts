import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { callTool, startAgent } from '../helpers/hub-process.ts';
import { startFixture } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { runCommand } from '../helpers/run-command.ts';

const TOKEN = 'a-token-that-nobody-may-see';

const replayed = z.object({
  version: z.string(),
  cut: z.boolean(),
  actors: z.number(),
  events: z.number(),
  differences: z.array(z.string()),
  steps: z.array(
    z.object({
      actor: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      because: z.string(),
    }),
  ),
});

const signalbox = (...args: string[]) => runCommand(args);

async function replayOf(file: string) {
  const { stdout, stderr, code } = await signalbox('replay', '--json', file);
  return { stderr, code, ...replayed.parse(JSON.parse(stdout)) };
}

/** Records a hub while an instance that requires a token runs, dies and comes back. */
async function record(): Promise<string> {
  const directory = temporaryDirectory();
  const file = join(temporaryDirectory(), 'hub.jsonl');
  const first = await startFixture('sdk-stateful', { token: TOKEN });
  register(directory, { id: 'web', port: first.port, token: TOKEN });
  const { client, close } = await startAgent(directory, { args: ['--record', file] });
  await callTool(client, 'instances_connect', { instance_id: 'web' });
  await callTool(client, 'echo', { text: 'what an agent says to an instance' });
  await first.kill();
  await callTool(client, 'instances_wait', { instance_id: 'web', state: 'retrying' });
  const second = await startFixture('sdk-stateful', { token: TOKEN });
  register(directory, { id: 'web', port: second.port, token: TOKEN });
  await callTool(client, 'instances_wait', { instance_id: 'web' });
  await close();
  return file;
}

describe('--record and replay', () => {
  it('replaying a recording leads to the same states; the file is private and has no secrets', async () => {
    const file = await record();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain('what an agent says');

    const { code, steps, differences, cut } = await replayOf(file);
    expect([code, differences, cut]).toEqual([0, [], false]);
    const web = steps.filter(({ actor }) => actor === 'instance:web').map(({ to }) => to);
    const shown = web.map((state) => state.split('.')[0]);
    expect(shown.filter((state, index) => state !== shown[index - 1])).toEqual([
      'discovered',
      'connecting',
      'active',
      'retrying',
      'connecting',
      'active',
    ]);
    expect(steps.at(-1)).toMatchObject({ actor: 'hub', to: 'stopped' });

    const { stdout } = await signalbox('replay', file);
    expect(stdout).toMatch(/^signalbox \d+\.\d+\.\d+, recorded \d{4}-/);
    expect(stdout).toMatch(/s {2}instance:web +active +retrying +\S/);
    expect(stdout).toMatch(/\d+ events of 4 actors: as recorded\n$/);
    expect(stdout).not.toContain('active.idle');
    expect((await signalbox('replay', '--all', file)).stdout).toContain('active.idle');
  });

  it('a difference is reported as a failure; an incomplete file is replayed as far as possible', async () => {
    const file = await record();
    const lines = readFileSync(file, 'utf8').split('\n');
    const without = lines.filter((line) => !line.includes('"type":"connection.down"'));
    expect(without.length).toBeLessThan(lines.length);
    writeFileSync(file, without.join('\n'));
    const other = await replayOf(file);
    expect(other.code).toBe(1);
    expect(other.differences).toEqual([expect.stringMatching(/^instance:web: .*retrying/)]);
    expect(other.stderr).toContain('differs from the recording');

    writeFileSync(file, lines.slice(0, 20).join('\n').slice(0, -5));
    expect(await replayOf(file)).toMatchObject({ code: 0, cut: true, differences: [] });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello\n'],
    ['another format', '{"recording":1,"signalbox":"9.9.9","started":""}\n'],
    ['an invalid line', '{"recording":2,"signalbox":"0","started":""}\n{"of":1}\n'],
  ])('a file with %s in it is not a recording', async (_, text) => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, text);
    const { code, stderr } = await signalbox('replay', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^signalbox: \S+: (this is not a recording|line 2 is not a valid line)[^\n]*\n$/,
    );
  });

  it('an invalid event affects only its actor', async () => {
    const file = join(temporaryDirectory(), 'file');
    const lines = [
      { recording: 3, signalbox: '0', started: '2026-01-01T00:00:00.000Z' },
      { actor: 'x:1', name: 'instance:web' },
      { at: 1, of: 'x:1', event: { type: 'xstate.init' }, from: null },
      { at: 2, of: 'x:1', event: { type: 'connection.up', attempt: 'none' }, from: null },
    ];
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const { code, differences } = await replayOf(file);
    expect([code, differences.length]).toEqual([1, 1]);
  });

  it('replay takes one existing file', async () => {
    expect(await signalbox('replay')).toMatchObject({ code: 2 });
    expect(await signalbox('replay', 'a', 'b')).toMatchObject({ code: 2 });
    const absent = await signalbox('replay', join(temporaryDirectory(), 'absent'));
    expect(absent).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') });
  });

  it('a file that cannot be written is reported at start, as is a FIFO without a reader', async () => {
    const directory = temporaryDirectory();
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    mkdirSync(join(directory, 'folder'));
    for (const file of [fifo, join(directory, 'folder'), join(directory, 'absent', 'file')]) {
      const { code, stderr } = await signalbox('hub', '--record', file);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^signalbox: --record: \S+ cannot be written \(E[A-Z]+\)\n$/);
    }
  });

  it('a full disk ends the recording with one line in the log, and nothing else', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('sdk-stateful');
    register(directory, { id: 'web', port: server.port });
    const { client, stderr, close } = await startAgent(directory, {
      args: ['--record', '/dev/full'],
    });
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    const { content } = await callTool(client, 'echo', { text: 'still here' });
    expect(content[0]?.text).toBe('still here');
    await close();
    expect(stderr().match(/recording stopped/g)).toHaveLength(1);
    expect(stderr()).toContain('ENOSPC');
  });

  it('list can be recorded too; an existing file is overwritten', async () => {
    const file = join(temporaryDirectory(), 'list.jsonl');
    writeFileSync(file, 'what was here\n', { mode: 0o644 });
    const directory = temporaryDirectory();
    expect(await signalbox('list', '--instances-dir', directory, '--record', file)).toMatchObject({
      code: 0,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await replayOf(file)).toMatchObject({ code: 0, actors: 1 });
    rmSync(file);
  });
});
