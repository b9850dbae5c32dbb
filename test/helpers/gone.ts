import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** The pid of a process that has ended. */
export function gonePid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

/** Leaves the socket of a killed process at `path`. Resolves with its pid. */
export async function leaveSocket(path: string): Promise<number> {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listens'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  return child.pid ?? 0;
}
