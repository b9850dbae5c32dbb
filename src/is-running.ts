import { errnoOf } from './errors.ts';
import { isZombie, processStart } from './process-start.ts';

/**
 * Whether a process with this pid runs; one of another user counts, a zombie doesn't. With `start`, what
 * {@link processStart} said of it when it was noted down, a later process of the same pid doesn't count.
 */
export function isRunning(pid: number, start: string | null = null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') return false;
  }
  if (isZombie(pid)) return false;
  const now = start === null ? null : processStart(pid);
  return now === null || now === start;
}
