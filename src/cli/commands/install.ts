import { flag, type ValuesOf } from '../../config/option.ts';
import { command } from '../command.ts';

const options = {
  project: flag('to that of the project in this directory'),
  yes: flag('without asking'),
  print: flag('only shows what belongs there'),
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
