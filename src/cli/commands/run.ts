import { flag, setting, type ValuesOf, value } from '../../config/option.ts';
import { path, wholeNumber } from '../../config/options.ts';
import { parseDuration } from '../../config/quantity.ts';
import { command } from '../command.ts';

const options = {
  name: value('N', 'what people call it (what the server calls itself)'),
  id: value('ID', 'made from the name unless given'),
  path: value('DIR', 'of the project (the working directory)', path),
  shared: flag('one process for all sessions, not one for each; it cannot ask clients anything'),
  noToken: flag(
    'lets every user of this machine in; otherwise requests need the token of its registration',
  ),
  // What is the default today had to be asked for once.
  token: flag(null),
  envFile: value('FILE', 'variables of the server; they win over those that are set'),
  port: value('N', 'on loopback (any that is free)', wholeNumber),
  startTimeout: setting(
    'TIME',
    '30s',
    { accepted: 'a duration like 30s', parse: parseDuration },
    'how long a server may take to answer initialize',
  ),
  instancesDir: value('DIR', 'announce it there instead of in the own directory', path),
};

export type RunOptions = ValuesOf<typeof options>;

export const run = command({
  name: 'run',
  usage:
    'run [--name N] [--path DIR] [--shared] [--no-token] [--env-file FILE] -- COMMAND [ARGUMENT …]',
  does: 'makes an instance of a stdio MCP server, until it is signalled',
  options,
  takesProgram: true,
  run: async (given) => (await import('../run.ts')).runProgram(given.options, given.program),
});
