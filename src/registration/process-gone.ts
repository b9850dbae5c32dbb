import type { Registration } from '../../machines/model.ts';
import { isRunning } from '../is-running.ts';

/** Whether the process that a registration names has certainly ended. False if it names none. */
export function processGone({
  pid,
  processStart,
}: Pick<Registration, 'pid' | 'processStart'>): boolean {
  return pid !== null && !isRunning(pid, processStart);
}
