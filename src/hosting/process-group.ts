import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Signals a child and all processes that it has started. The child must have been started `detached`, so that it leads its
 * own process group. On Windows, which has neither groups nor signals, ends the process tree.
 */
export function signalGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them have ended.
  }
}
