import { flag, type ValuesOf, value } from '../../config/option.ts';
import { path, wholeNumber } from '../../config/options.ts';
import { command } from '../command.ts';

const options = {
  name: value('N', 'name of the instance'),
  port: value('P', 'loopback port where it listens; its endpoint is /mcp', wholeNumber),
  url: value('URL', 'its endpoint, if that is not /mcp at the port'),
  id: value('ID', 'id of the instance (derived from the name)'),
  path: value('DIR', 'project directory (the working directory)', path),
  pid: value('PID', 'pid of the server', wholeNumber),
  check: flag('first connect to it as a hub does, and register it only if that works'),
  instancesDir: value('DIR', 'register it in this directory instead of the default one', path),
};

export type RegisterOptions = ValuesOf<typeof options>;

export const register = command({
  name: 'register',
  usage: 'register --name N (--port P | --url URL) [--id ID] [--path DIR] [--pid PID] [--check]',
  does: 'registers a listening server until it is signalled',
  options,
  run: async (given) => (await import('../register.ts')).runRegister(given.options),
});
