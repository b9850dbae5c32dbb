import type { Command } from './command.ts';
import { demo, demoInstance } from './commands/demo.ts';
import { doctor } from './commands/doctor.ts';
import { hub } from './commands/hub.ts';
import { inspect } from './commands/inspect.ts';
import { install } from './commands/install.ts';
import { list } from './commands/list.ts';
import { prune } from './commands/prune.ts';
import { register } from './commands/register.ts';
import { replay } from './commands/replay.ts';
import { run } from './commands/run.ts';
import { uninstall } from './commands/uninstall.ts';

/** The commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  hub,
  list,
  register,
  run,
  install,
  uninstall,
  inspect,
  doctor,
  prune,
  replay,
  demo,
];

/** The command with this name, including those that the help doesn't show. */
export function commandNamed(word: string): Command | undefined {
  if (word === '--mcp') return hub;
  return [...COMMANDS, demoInstance].find(({ name }) => name === word);
}
