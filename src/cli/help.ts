import { nameOf, type Option, type Options } from '../config/option.ts';
import { OPTIONS, variableOf } from '../config/options.ts';
import { ALL_SETTINGS, type Command, type Operand } from './command.ts';
import { COMMANDS } from './commands.ts';

/** The text of `signalbox --help`, or the help of one command. Null if there is no such command. */
export async function renderHelp(word?: string): Promise<string | null> {
  if (word === undefined) return renderOverview();
  const command = COMMANDS.find(({ name }) => name === word);
  return command === undefined ? null : renderCommand(command);
}

async function renderCommand(command: Command): Promise<string> {
  const { name, does, usage, operand, options, settings } = command;
  const lines = [
    ...(operand === null ? [] : await operandRow(operand)),
    ...rows(options),
    ...(settings === null ? [] : rows(settings.options, settings.defaults)),
  ];
  return [
    `signalbox ${name}: ${does}`,
    '',
    `Usage: signalbox ${usage}`,
    ...(lines.length > 0 ? ['', 'Options:', ...lines] : []),
    ...(takesAllSettings(command) ? ['', ...sources()] : []),
  ].join('\n');
}

function renderOverview(): string {
  const names = COMMANDS.filter(takesAllSettings).map(({ name }) => name);
  return [
    "One MCP server entry in your coding agent's configuration, with every MCP server that runs on this machine behind it.",
    '',
    'Usage: signalbox COMMAND [OPTIONS]',
    '',
    ...COMMANDS.map(({ name, does }) => `  ${name.padEnd(10)}${does}`),
    `  ${'help'.padEnd(10)}shows this help, or that of a command: signalbox help COMMAND`,
    '',
    `Options of ${names.slice(0, -1).join(', ')} and ${names.at(-1)}:`,
    ...rows(ALL_SETTINGS),
    '',
    ...sources(),
    '',
    "signalbox install CLIENT adds the hub to an agent's configuration:",
    '  { "mcpServers": { "signalbox": { "command": "signalbox", "args": ["hub"] } } }',
  ].join('\n');
}

function takesAllSettings({ settings }: Command): boolean {
  return settings?.options === ALL_SETTINGS;
}

/** Explains with an example where else options can be set. */
function sources(): string[] {
  return OPTIONS.slice(1, 2).map(
    ({ key, name }) =>
      `Each option of hub can also be set by an environment variable or in the config file: --${name} is ${variableOf(key)} and "${key}".`,
  );
}

async function operandRow({ name, help }: Operand): Promise<string[]> {
  if (help === null) return [];
  return [row(name, typeof help === 'string' ? help : await help())];
}

/** One row per option. `defaults` replace those of the options. */
function rows(
  options: Options,
  defaults: Readonly<Record<string, string | undefined>> = {},
): string[] {
  return Object.entries(options).flatMap(([key, option]) => {
    const { help, takes } = option;
    const fallback = defaults[key] ?? option.fallback;
    const usual = fallback === null || takes === 'flag' ? '' : ` (${fallback})`;
    return help === null ? [] : [row(spelling(nameOf(key), option), `${help}${usual}`)];
  });
}

function spelling(name: string, { takes, fallback, value }: Option): string {
  if (takes !== 'flag') return `--${name} ${value}`;
  return fallback === true ? `--[no-]${name}` : `--${name}`;
}

function row(option: string, help: string): string {
  return `  ${option.padEnd(28)}${help}`;
}
