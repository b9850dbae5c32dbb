import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Failure, Registration } from '../../machines/model.ts';
import { AnnouncedProcess } from '../../src/registration/announced-process.ts';
import { Succession } from '../../src/registration/succession.ts';
import { gonePid } from '../helpers/gone.ts';
import { eventually, startProcess } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { WEB } from '../helpers/scripted-instance.ts';

/** A process that runs until it is ended. `end` resolves when it is completely gone. */
function livingProcess(): { readonly pid: number; end(): Promise<void> } {
  const child = startProcess('sleep', ['60']);
  return {
    pid: child.pid ?? 0,
    end: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const registration = (facts: Partial<Registration> & { readonly id: string }): Registration => ({
  ...WEB,
  pid: null,
  startedAt: new Date().toISOString(),
  ...facts,
});

/** What a succession passes on, as sentences in order. */
function watched() {
  const said: string[] = [];
  let now = 1_000_000;
  const failures = new Map<string, Failure>();
  const succession = new Succession({
    now: () => now,
    onAccepted: ({ id }) => said.push(`accepted ${id}`),
    onRemoved: (id) => said.push(`removed ${id}`),
    onSuperseded: (id, failure) => {
      failures.set(id, failure);
      said.push(`superseded ${id}`);
    },
    onSucceeded: (from, to) => said.push(`succeeded ${from} ${to}`),
  });
  return {
    succession,
    said,
    failures,
    pass: (duration: number) => {
      now += duration;
    },
    take: () => said.splice(0),
  };
}

describe('the process of a registration', () => {
  it('is seen while it runs, and stays ended even if its pid is reused', async () => {
    const { pid, end } = livingProcess();
    const announced = new AnnouncedProcess({ ...registration({ id: 'web' }), pid });
    expect(announced.condition).toBe('running');
    await end();
    expect(announced.condition).toBe('ended');
    expect(announced.condition).toBe('ended');
  });

  it('has ended while it is a zombie', async () => {
    // The shell doesn't ask how its child has ended: exec leaves the child to a program that never does.
    const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(shell.stdout, 'data');
    const pid = Number(String(line).trim());
    const announced = new AnnouncedProcess({ ...registration({ id: 'web' }), pid });
    expect(announced.condition).toBe('running');
    process.kill(pid, 'SIGKILL');
    await eventually(() => expect(announced.condition).toBe('ended'));
    shell.kill('SIGKILL');
  });

  it('is another one if it started after the registration was written', () => {
    const { pid } = livingProcess();
    const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
    const facts = { ...registration({ id: 'web' }), pid };
    const conditionOf = (startedAt: string) =>
      new AnnouncedProcess({ ...facts, startedAt }).condition;
    expect(conditionOf(ago(1_000))).toBe('running');
    expect(conditionOf(ago(2 * 3_600_000))).toBe('unseen');
    // The tolerance for wrong clocks.
    expect(conditionOf(ago(60_000))).toBe('doubtful');
    const directory = temporaryDirectory();
    const origin = {
      kind: 'file',
      file: register(directory, { id: 'web', port: 1, pid }),
    } as const;
    // Without a time, that of the file counts.
    for (const startedAt of [null, '2026-01-01', '2026-01-01T00:00:00', 'T00:00']) {
      const untimed = { ...registration({ id: 'web' }), pid, startedAt, origin };
      expect(new AnnouncedProcess(untimed).condition).toBe('running');
    }
  });

  it('was never seen if it ended earlier, and is unnamed without a pid', () => {
    const gone = { ...registration({ id: 'web' }), pid: gonePid() };
    expect(new AnnouncedProcess(gone).condition).toBe('unseen');
    expect(new AnnouncedProcess(registration({ id: 'web' })).condition).toBe('unnamed');
  });
});

describe('an instance whose process has ended', () => {
  it('may not be contacted until its file names another process', async () => {
    const { succession } = watched();
    const { pid, end } = livingProcess();
    succession.scanned();
    succession.accept(registration({ id: 'web', pid }));
    expect(succession.refusal('web')).toBeNull();
    await end();
    expect(succession.refusal('web')).toMatchObject({ code: 'PROCESS_GONE' });
    expect(succession.hasNoProcess('web')).toBe(true);
    succession.accept(registration({ id: 'web', pid: process.pid }));
    expect(succession.refusal('web')).toBeNull();
  });

  it('may be contacted if the process was never seen: it may run in a container', () => {
    const { succession } = watched();
    succession.scanned();
    succession.accept(registration({ id: 'web', pid: gonePid() }));
    expect(succession.refusal('web')).toBeNull();
  });
});

describe('a registration whose process lives', () => {
  const places: [string, Partial<Registration>, boolean][] = [
    ['name and path', { port: 7_000 }, true],
    ['name and path, spelled with a slash', { path: '/home/me/web/', port: 7_000 }, true],
    ['endpoint', { name: 'other', path: '/other' }, false],
    ['endpoint, as a URL', { name: 'other', path: '/other', url: 'http://[::1]:7778/mcp' }, false],
  ];

  it.each(places)('supersedes an old one of the same %s', (_, facts, succeeds) => {
    const { succession, take, failures } = watched();
    succession.scanned();
    succession.accept(registration({ id: 'old', pid: gonePid() }));
    succession.accept(registration({ id: 'new', pid: process.pid, ...facts }));
    expect(take()).toEqual([
      'accepted old',
      'accepted new',
      ...(succeeds ? ['succeeded old new'] : []),
      'superseded old',
    ]);
    expect(failures.get('old')).toMatchObject({ code: 'SUPERSEDED' });
    expect(succession.refusal('old')).toMatchObject({ code: 'SUPERSEDED' });
    expect(succession.refusal('new')).toBeNull();
  });

  it('supersedes none whose process lives, none without a pid, and none elsewhere', () => {
    const { succession, take } = watched();
    succession.scanned();
    succession.accept(registration({ id: 'living', pid: livingProcess().pid }));
    succession.accept(registration({ id: 'unnamed' }));
    succession.accept(
      registration({ id: 'elsewhere', pid: gonePid(), path: '/elsewhere', port: 7_001 }),
    );
    succession.accept(registration({ id: 'new', pid: process.pid }));
    expect(take()).toEqual([
      'accepted living',
      'accepted unnamed',
      'accepted elsewhere',
      'accepted new',
    ]);
  });

  it('is found in the first scan before old ones are passed on, in any order', () => {
    const all = [
      registration({ id: 'a', pid: gonePid() }),
      registration({ id: 'b', pid: gonePid() }),
      registration({ id: 'c', pid: process.pid }),
      registration({ id: 'd', pid: gonePid(), name: 'elsewhere', path: '/e', port: 1 }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        const { succession, said, take } = watched();
        for (const each of order) succession.accept(each);
        expect(take()).toEqual(['accepted c']);
        succession.scanned();
        for (const id of ['a', 'b']) {
          expect(said.indexOf(`superseded ${id}`)).toBe(said.indexOf(`accepted ${id}`) + 2);
        }
        expect(said).toContain('accepted d');
        expect(succession.refusal('d')).toBeNull();
      }),
    );
  });

  it('succeeds an instance that was seen running; of several, the latest started does', async () => {
    const { succession, take } = watched();
    succession.scanned();
    const { pid, end } = livingProcess();
    succession.accept(registration({ id: 'old', pid }));
    for (const [id, seconds] of [
      ['early', 1],
      ['late', 3],
      ['middle', 2],
    ] as const) {
      const startedAt = new Date(Date.now() + seconds * 1_000).toISOString();
      succession.accept(registration({ id, pid: process.pid, startedAt }));
    }
    take();
    await end();
    expect(succession.refusal('old')).toMatchObject({ code: 'SUPERSEDED' });
    expect(take()).toEqual(['succeeded old late', 'superseded old']);
    // Said once.
    succession.refusal('old');
    expect(take()).toEqual([]);
  });
});

describe('an id', () => {
  it('that another project reuses is not followed, neither to it nor from it', () => {
    const { succession, take } = watched();
    succession.scanned();
    const first = { name: 'first', path: '/first' };
    const second = { name: 'second', path: '/second', port: 7_002 };
    succession.accept(registration({ id: 'web', ...first, pid: process.pid }));
    succession.remove('web');
    succession.accept(registration({ id: 'web', ...second, pid: process.pid }));
    succession.accept(registration({ id: 'late', ...first, pid: process.pid }));
    expect(take()).toEqual(['accepted web', 'removed web', 'accepted web', 'accepted late']);
  });

  it('with another name and path is another instance; with only one of them, the same', () => {
    const { succession, take } = watched();
    succession.scanned();
    const facts = { id: 'web', pid: process.pid };
    succession.accept(registration({ ...facts, name: 'a', path: '/a' }));
    succession.accept(registration({ ...facts, name: 'b', path: '/a' }));
    succession.accept(registration({ ...facts, name: 'b', path: '/b' }));
    expect(take()).toEqual(['accepted web', 'accepted web', 'accepted web']);
    succession.accept(registration({ ...facts, name: 'c', path: '/c' }));
    expect(take()).toEqual(['removed web', 'accepted web']);
  });

  it('that was held back in the first scan and rewritten has the latest facts', () => {
    const { succession, take } = watched();
    succession.accept(registration({ id: 'web', pid: gonePid(), port: 1_111 }));
    succession.accept(registration({ id: 'web', pid: process.pid, port: 2_222 }));
    succession.scanned();
    expect(take()).toEqual(['accepted web']);
    expect(succession.hasNoProcess('web')).toBe(false);
  });
});

describe('an instance whose file was removed', () => {
  it('has an existing successor before its sessions are notified that it has gone', () => {
    const { succession, take } = watched();
    succession.scanned();
    succession.accept(registration({ id: 'old', pid: process.pid }));
    succession.accept(registration({ id: 'new', pid: process.pid }));
    take();
    succession.remove('old');
    expect(take()).toEqual(['succeeded old new', 'removed old']);
  });

  it.each(['new', 'old'])('has a successor that appears within five minutes, as "%s"', (id) => {
    const { succession, take, pass } = watched();
    succession.scanned();
    succession.accept(registration({ id: 'old' }));
    succession.remove('old');
    pass(4 * 60_000);
    take();
    succession.accept(registration({ id }));
    expect(take()).toEqual([`accepted ${id}`, `succeeded old ${id}`]);
  });

  it('has no successor later, and none with another path', () => {
    const { succession, take, pass } = watched();
    succession.scanned();
    succession.accept(registration({ id: 'old' }));
    succession.remove('old');
    succession.accept(registration({ id: 'other', path: '/other' }));
    pass(6 * 60_000);
    succession.accept(registration({ id: 'new' }));
    expect(take()).toEqual(['accepted old', 'removed old', 'accepted other', 'accepted new']);
  });
});
