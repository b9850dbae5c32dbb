import { BIN, outcomeOf, startProcess } from './processes.ts';

/** Runs a command of the bundled program and waits for it to exit. */
export function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return outcomeOf(startProcess(process.execPath, [BIN, ...args], env));
}
