import type { Registration } from '../../machines/model.ts';
import { isRunning } from '../is-running.ts';

/** Whether the process that a registration names is gone for certain. One that isn't named may be there. */
export function processGone({
  pid,
  processStart,
}: Pick<Registration, 'pid' | 'processStart'>): boolean {
  return pid !== null && !isRunning(pid, processStart);
}
