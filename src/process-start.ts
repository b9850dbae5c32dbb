import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';

/** Milliseconds in a tick of the clock in which Linux gives the start of a process. */
const TICK = 10;

/** Identifies the time since the machine was started; it stays the same for as long as this process runs. */
let boot: string | undefined;

/**
 * When the process with this pid began, as a text that is the same whenever it is asked for, and another for every other
 * process that has the pid before or after. Null: there is no such process, or the system (Windows) isn't asked.
 */
export function processStart(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
      const ticks = statOf(pid)?.ticks;
      return ticks === undefined ? null : `${boot}/${ticks}`;
    }
    return startByPs(pid)?.replace(/\s+/g, '_') ?? null;
  } catch {
    return null;
  }
}

/** When the process with this pid began, in milliseconds since the epoch, to about a second; null as above. */
export function processBegan(pid: number): number | null {
  if (process.platform !== 'linux') {
    const said = Date.parse(`${startByPs(pid)} UTC`);
    return Number.isNaN(said) ? null : said;
  }
  const [asked, own] = [statOf(pid), statOf('self')];
  if (asked === null || own === null) return null;
  // Both can be late, never early: some containers have another uptime, and our process may be older than our program.
  const bySystem = Date.now() - (uptime() * 1_000 - asked.ticks * TICK);
  const bySelf = performance.timeOrigin + (asked.ticks - own.ticks) * TICK;
  return Math.min(bySystem, bySelf);
}

/** Whether a process has ended and only waits for its parent to ask how. */
export function isZombie(pid: number): boolean {
  return process.platform === 'linux' && /[ZX]/.test(statOf(pid)?.state ?? '');
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statOf(pid: number | 'self'): { readonly state: string; readonly ticks: number } | null {
  try {
    // The name of the program is in brackets and may hold any; state is the 3rd field, the start the 22nd.
    const facts = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [state = ''] = facts;
    const ticks = Number(facts[19]);
    return Number.isNaN(ticks) ? null : { state, ticks };
  } catch {
    return null;
  }
}

function startByPs(pid: number): string | null {
  if (process.platform === 'win32') return null;
  try {
    const said = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'latin1',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return said.trim() || null;
  } catch {
    return null;
  }
}
