import { flag, list, type ValuesOf, value } from '../../config/option.ts';
import { path } from '../../config/options.ts';
import { hubCommand } from '../command.ts';

const options = { dryRun: flag('only print what would be removed') };

export type PruneOptions = ValuesOf<typeof options>;

export const prune = hubCommand({
  name: 'prune',
  usage: 'prune [--dry-run] [--instances-dir DIR]',
  does: 'removes files of servers and hubs that are certainly gone',
  options,
  settings: {
    instancesDir: list(
      'DIR',
      'search this directory instead of the default ones; repeatable',
      path,
    ),
    config: value('FILE', "a JSON file with the hub's settings"),
  },
  run: async (...given) => (await import('../prune.ts')).runPrune(...given),
});
