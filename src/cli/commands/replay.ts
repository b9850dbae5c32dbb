import { flag, type ValuesOf } from '../../config/option.ts';
import { command } from '../command.ts';

const options = {
  json: flag('as JSON, and nothing else'),
  all: flag('the states within the states, too'),
};

export type ReplayOptions = ValuesOf<typeof options>;

export const replay = command({
  name: 'replay',
  usage: 'replay [--json] [--all] FILE',
  does: 'runs the actors of a recording (--record) again, and shows what became of them',
  operand: { name: 'FILE', help: null },
  options,
  run: async (given) => (await import('../replay.ts')).runReplay(given.options, given.operands),
});
