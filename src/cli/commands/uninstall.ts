import { flag, type ValuesOf } from '../../config/option.ts';
import { command } from '../command.ts';

const options = {
  project: flag('out of that of the project in this directory'),
  yes: flag('without asking'),
};

export type UninstallOptions = ValuesOf<typeof options>;

export const uninstall = command({
  name: 'uninstall',
  usage: 'uninstall CLIENT [--project] [--yes]',
  does: 'takes it out again',
  operand: { name: 'CLIENT', help: 'as in install' },
  options,
  run: async (given) => (await import('../install.ts')).runUninstall(given.options, given.operands),
});
