import { flag, type ValuesOf, value } from '../../config/option.ts';
import { path, wholeNumber } from '../../config/options.ts';
import { command } from '../command.ts';

const options = {
  name: value('N', 'what people call it'),
  port: value('P', 'where it listens on loopback; its endpoint is /mcp', wholeNumber),
  url: value('URL', 'where its endpoint is, if that is another'),
  id: value('ID', 'made from the name unless given'),
  path: value('DIR', 'of the project (the working directory)', path),
  pid: value('PID', 'of the server, if it should be known', wholeNumber),
  check: flag('first connects to it as a hub does, and announces only what can be used'),
  instancesDir: value('DIR', 'announce it there instead of in the own directory', path),
};

export type RegisterOptions = ValuesOf<typeof options>;

export const register = command({
  name: 'register',
  usage: 'register --name N (--port P | --url URL) [--id ID] [--path DIR] [--pid PID] [--check]',
  does: 'announces a server that listens, until it is signalled',
  options,
  run: async (given) => (await import('../register.ts')).runRegister(given.options),
});
