import { flag, type ValuesOf } from '../../config/option.ts';
import { command } from '../command.ts';

const options = {
  project: flag('use the configuration of the project in this directory'),
  yes: flag('do not ask for confirmation'),
  print: flag('only print the entry'),
};

export type InstallOptions = ValuesOf<typeof options>;

export const install = command({
  name: 'install',
  usage: 'install CLIENT [--project] [--yes] [--print]',
  does: "adds the hub to an agent's configuration",
  operand: {
    name: 'CLIENT',
    help: async () => {
      const { CLIENTS } = await import('../../clients/clients.ts');
      return CLIENTS.map(({ name }) => name).join(', ');
    },
  },
  options,
  run: async (given) => (await import('../install.ts')).runInstall(given.options, given.operands),
});
