import { flag, type ValuesOf, value } from '../../config/option.ts';
import { portNumber } from '../../config/options.ts';
import { command } from '../command.ts';

const options = {
  port: value('N', 'loopback port, or the next one if it is taken (any free port)', portNumber),
  open: flag('open the browser'),
  stately: flag("start with the offer to show them in Stately's inspector"),
  export: value('FILE', 'write the charts as JSON for the Stately editor, and exit'),
};

export type InspectOptions = ValuesOf<typeof options>;

export const inspect = command({
  name: 'inspect',
  usage: 'inspect [--port N] [--open] [--stately] [--export FILE]',
  does: 'shows the statecharts of running hubs live in the browser',
  options,
  run: async (given) => (await import('../inspect.ts')).runInspect(given.options),
});
