import { flag, setting, type ValuesOf, value } from '../../config/option.ts';
import { path, wholeNumber } from '../../config/options.ts';
import { parseDuration } from '../../config/quantity.ts';
import { command } from '../command.ts';

const options = {
  name: value('N', 'name of the instance (the name that the server states)'),
  id: value('ID', 'id of the instance (derived from the name)'),
  path: value('DIR', 'project directory (the working directory)', path),
  shared: flag(
    'one process for all sessions instead of one each; no sampling, elicitation or roots',
  ),
  noToken: flag(
    'accept requests without the token of its registration, from every user of this machine',
  ),
  // Accepted for compatibility: this is the default now.
  token: flag(null),
  envFile: value('FILE', 'environment variables for the server; they override those that are set'),
  port: value('N', 'loopback port (any free port)', wholeNumber),
  startTimeout: setting(
    'TIME',
    '30s',
    { accepted: 'a duration like 30s', parse: parseDuration },
    'how long a server may take to answer initialize',
  ),
  instancesDir: value('DIR', 'register it in this directory instead of the default one', path),
};

export type RunOptions = ValuesOf<typeof options>;

export const run = command({
  name: 'run',
  usage:
    'run [--name N] [--path DIR] [--shared] [--no-token] [--env-file FILE] -- COMMAND [ARGUMENT …]',
  does: 'serves a stdio MCP server as an instance until it is signalled',
  options,
  takesProgram: true,
  run: async (given) => (await import('../run.ts')).runProgram(given.options, given.program),
});
