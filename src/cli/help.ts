import { keyOf, OPTIONS, variableOf } from '../options.ts';

/** What every command does, in one line each. */
export const COMMANDS: Readonly<Record<string, string>> = {
  hub: 'the MCP stdio server that an agent starts (also: signalbox --mcp)',
  list: 'shows what runs: signalbox list [--json] [--all]',
  register:
    'announces a server that listens: signalbox register --name N --port P [--id ID] [--path DIR] [--pid PID]',
  demo: 'shows the main job with real instances, in half a minute',
};

/** The text of `signalbox --help`. */
export function renderHelp(): string {
  const commands = Object.entries(COMMANDS).map(([name, does]) => `  ${name.padEnd(10)}${does}`);
  const options = OPTIONS.map(({ name, takes, value, fallback, help }) => {
    const flag = takes === 'flag' ? `--[no-]${name}` : `--${name} ${value}`;
    const usual = fallback === null || takes === 'flag' ? '' : ` (${fallback})`;
    return `  ${flag.padEnd(28)}${help}${usual}`;
  });
  const [example] = OPTIONS.slice(1);
  return [
    "One MCP server entry in your coding agent's configuration, with every MCP server that runs on this machine behind it.",
    '',
    'Usage: signalbox COMMAND [OPTIONS]',
    '',
    ...commands,
    '',
    'Options of hub and list:',
    ...options,
    `  ${'--config FILE'.padEnd(28)}a JSON file with these settings`,
    '',
    ...(example === undefined
      ? []
      : [
          `Each option can be set by a variable or in the file as well: --${example.name} is ${variableOf(example)} and "${keyOf(example)}".`,
          '',
        ]),
    'An agent starts it by this entry in its configuration:',
    '  { "mcpServers": { "signalbox": { "command": "signalbox", "args": ["hub"] } } }',
  ].join('\n');
}
