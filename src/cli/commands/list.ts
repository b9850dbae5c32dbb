import { flag, type ValuesOf } from '../../config/option.ts';
import { hubCommand } from '../command.ts';

const options = {
  json: flag('as JSON, and nothing else'),
  all: flag('the dead as well, and files that are refused, with the reasons'),
  probe: flag('connects to the instances itself, even if hubs run'),
  watch: flag('again whenever it changes, until Ctrl-C; with --json a line each time'),
};

export type ListOptions = ValuesOf<typeof options>;

export const list = hubCommand({
  name: 'list',
  usage: 'list [--json] [--all] [--watch] [--probe] [OPTIONS]',
  does: 'shows what runs, as the running hubs see it',
  options,
  // Its output is the table, not what led to it.
  defaults: { logLevel: 'error' },
  run: async (...given) => (await import('../list.ts')).runList(...given),
});
