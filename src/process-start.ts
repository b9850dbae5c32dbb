import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { performance } from 'node:perf_hooks';

/** Milliseconds in a clock tick, the unit of process start times on Linux. */
const TICK = 10;

/** Identifies the time since the machine was started; it stays the same for as long as this process runs. */
let boot: string | undefined;

/**
 * Identifies the process with this pid by its start time: a string that never changes for one process and differs for every
 * other process with the same pid. Null if there is no such process, and on Windows.
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

/** When the process with this pid started, in milliseconds since the epoch, to about a second. Null as above. */
export function processBegan(pid: number): number | null {
  if (process.platform !== 'linux') {
    const started = Date.parse(`${startByPs(pid)} UTC`);
    return Number.isNaN(started) ? null : started;
  }
  const [other, own] = [statOf(pid), statOf('self')];
  if (other === null || own === null) return null;
  // Both can be late but never early: some containers report another uptime, and the process may be older than its program.
  const bySystem = Date.now() - (uptime() * 1_000 - other.ticks * TICK);
  const bySelf = performance.timeOrigin + (other.ticks - own.ticks) * TICK;
  return Math.min(bySystem, bySelf);
}

/** Whether a process has ended and its parent has not collected its exit status yet. */
export function isZombie(pid: number): boolean {
  return process.platform === 'linux' && /[ZX]/.test(statOf(pid)?.state ?? '');
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statOf(pid: number | 'self'): { readonly state: string; readonly ticks: number } | null {
  try {
    // The 2nd field, the program name, is in parentheses and may contain any character. State is the 3rd, start the 22nd.
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
    const output = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'latin1',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.trim() || null;
  } catch {
    return null;
  }
}
