import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isRunning } from '../../src/is-running.ts';
import { HandSession } from '../helpers/hand-session.ts';
import { eventually } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';
import { odd, RunProcess } from '../helpers/run-process.ts';

/** All descendants of a process, according to Linux. */
const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

/** A `run` with two servers that ignore every request to exit, each with a child that ignores them too. */
async function startStubborn() {
  const grandchild = join(temporaryDirectory(), 'pid');
  const run = new RunProcess(odd('--ignores-ends', '--child', grandchild));
  const { pid } = await run.registered();
  const first = Number(readFileSync(grandchild, 'utf8'));
  const session = await HandSession.open(run);
  await session.call('pid');
  const pids = [...childrenOf(pid), first, Number(readFileSync(grandchild, 'utf8'))];
  expect(pids).toHaveLength(5);
  return { run, pids, file: join(run.directory, 'odd.json') };
}

describe('a run that is killed with SIGKILL', () => {
  it('leaves behind neither servers, nor their children, nor its file', async () => {
    const { run, pids } = await startStubborn();
    expect(pids.every((pid) => isRunning(pid))).toBe(true);
    await run.end('SIGKILL');
    await eventually(() => {
      expect(pids.filter((pid) => isRunning(pid))).toEqual([]);
      expect(readdirSync(run.directory)).toEqual([]);
    });
  });

  it('does not remove a file that another run has written', async () => {
    const { run, pids, file } = await startStubborn();
    const other = readFileSync(file, 'utf8').replace(/"nonce": "[^"]+"/, '"nonce": "another"');
    writeFileSync(file, other);
    await run.end('SIGKILL');
    await eventually(() => expect(pids.filter((pid) => isRunning(pid))).toEqual([]));
    expect(readFileSync(file, 'utf8')).toBe(other);
  });

  it('leaves no server behind while one is starting', async () => {
    const file = join(temporaryDirectory(), 'pids');
    const run = new RunProcess(odd('--ignores-ends', '--starts-in', '60000', '--pids', file));
    const pid = await eventually(() => {
      expect(existsSync(file)).toBe(true);
      return Number(readFileSync(file, 'utf8'));
    });
    await run.end('SIGKILL');
    await eventually(() => expect(isRunning(pid)).toBe(false));
  });
});

it('a run that exits normally leaves no watchdog behind', async () => {
  const { run, pids } = await startStubborn();
  expect(await run.end('SIGTERM')).toBe(0);
  await eventually(() => expect(pids.filter((pid) => isRunning(pid))).toEqual([]));
});
