import { flag, type ValuesOf } from '../../config/option.ts';
import { hubCommand } from '../command.ts';

const options = {
  json: flag('print only JSON'),
  all: flag('include dead instances, and refused files with the reasons'),
  probe: flag('connect to the instances even if hubs run'),
  watch: flag('print again after every change until Ctrl-C; with --json, one line each time'),
};

export type ListOptions = ValuesOf<typeof options>;

export const list = hubCommand({
  name: 'list',
  usage: 'list [--json] [--all] [--watch] [--probe] [OPTIONS]',
  does: 'lists the instances that the running hubs see',
  options,
  // Its output is the table, not the log.
  defaults: { logLevel: 'error' },
  run: async (...given) => (await import('../list.ts')).runList(...given),
});
