import { BIN, exitOf, startProcess, textOf } from './processes.ts';

/** Runs a command of the bundled program and waits for it to exit. */
export async function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = startProcess(process.execPath, [BIN, ...args], env);
  child.stdin?.end();
  const [stdout, stderr, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    exitOf(child),
  ]);
  return { stdout, stderr, code };
}
