import { flag, type ValuesOf, value } from '../../config/option.ts';
import { portNumber } from '../../config/options.ts';
import { command } from '../command.ts';

const options = {
  port: value('N', 'on loopback; the next one if it is taken (any that is free)', portNumber),
  open: flag('opens the browser'),
  stately: flag("begins with the offer to draw them in Stately's own inspector"),
  export: value('FILE', 'writes the three charts as JSON for the Stately editor, and ends'),
};

export type InspectOptions = ValuesOf<typeof options>;

export const inspect = command({
  name: 'inspect',
  usage: 'inspect [--port N] [--open] [--stately] [--export FILE]',
  does: 'shows the statecharts of the hubs that run, live, in the browser',
  options,
  run: async (given) => (await import('../inspect.ts')).runInspect(given.options),
});
