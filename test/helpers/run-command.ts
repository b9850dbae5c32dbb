import { BIN, exitOf, startProcess, textOf } from './processes.ts';

/** Runs a command of the bundled bin to its end. */
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
