import { flag, type ValuesOf } from '../../config/option.ts';
import { command } from '../command.ts';

const options = {
  project: flag('use the configuration of the project in this directory'),
  yes: flag('do not ask for confirmation'),
};

export type UninstallOptions = ValuesOf<typeof options>;

export const uninstall = command({
  name: 'uninstall',
  usage: 'uninstall CLIENT [--project] [--yes]',
  does: "removes the hub from an agent's configuration",
  operand: { name: 'CLIENT', help: 'same as for install' },
  options,
  run: async (given) => (await import('../install.ts')).runUninstall(given.options, given.operands),
});
