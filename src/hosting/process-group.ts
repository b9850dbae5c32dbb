import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Signals a child and all that it has started. The child must have been started `detached`: it leads a process group of
 * its own then. Windows has no groups, and no signals: there its tree is ended.
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
