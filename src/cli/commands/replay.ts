import { flag, type ValuesOf } from '../../config/option.ts';
import { command } from '../command.ts';

const options = {
  json: flag('print only JSON'),
  all: flag('include nested states'),
};

export type ReplayOptions = ValuesOf<typeof options>;

export const replay = command({
  name: 'replay',
  usage: 'replay [--json] [--all] FILE',
  does: 'replays the actors of a recording (--record) and shows their state changes',
  operand: { name: 'FILE', help: null },
  options,
  run: async (given) => (await import('../replay.ts')).runReplay(given.options, given.operands),
});
