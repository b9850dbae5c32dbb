import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The peak memory of a process, in MiB. */
export function peakOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
