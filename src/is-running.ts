import { errnoOf } from './errors.ts';
import { isZombie, processStart } from './process-start.ts';

/**
 * Whether a process with this pid is running. Processes of other users count; zombies don't. With `start`, the earlier
 * result of {@link processStart}, a later process that reuses the pid doesn't count.
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
