import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When the process with this pid began, as a text that is the same whenever it is asked for, and another for every other
 * process that has the pid before or after. Null: there is no such process, or the system (Windows) isn't asked.
 */
export function processStart(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      // The name of the program is in brackets and may hold any; the 22nd field is ticks since boot.
      const facts = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, '');
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
      const ticks = facts.split(' ')[20];
      return ticks === undefined ? null : `${boot}/${ticks}`;
    }
    if (process.platform === 'win32') return null;
    const said = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'latin1',
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return said.trim().replace(/\s+/g, '_') || null;
  } catch {
    return null;
  }
}
