import { type Config, resolveConfig } from '../config/config.ts';
import { nameOf, type Options, readOptions, type ValuesOf, value } from '../config/option.ts';
import { type Defaults, SETTINGS } from '../config/options.ts';
import { type ParsedArguments, parseArguments } from './arguments.ts';

/** One command: everything that `main`, the help and the parser know of it. */
export interface Command {
  readonly name: string;
  /** What follows `signalbox`. */
  readonly usage: string;
  readonly does: string;
  /** Options of its own, in the order of the help. */
  readonly options: Options;
  /** What it takes beside options. */
  readonly operand: Operand | null;
  /** Its settings of a hub; null when it has none. */
  readonly settings: SettingsOf | null;
  /** Parses the arguments and runs. Rejects with a UsageError when they are wrong. */
  readonly run: (args: readonly string[]) => Promise<void>;
}

/** What stands on the command line without dashes. */
export interface Operand {
  readonly name: string;
  /** Null: the usage says it all. */
  readonly help: string | (() => Promise<string>) | null;
}

/** The settings of a hub that a command takes. */
export interface SettingsOf {
  readonly options: Options;
  /** Defaults that differ from the hub's. */
  readonly defaults: Defaults;
}

interface Facts<Own extends Options> {
  readonly name: string;
  readonly usage: string;
  readonly does: string;
  readonly options: Own;
}

/** A command as it is given to its implementation. */
export interface Invocation<Own extends Options> {
  readonly options: ValuesOf<Own>;
  readonly operands: readonly string[];
  /** What follows `--`, where the command takes another program's arguments. */
  readonly program: readonly string[];
}

/** A command that knows only its own options. */
export function command<Own extends Options>({
  run,
  operand = null,
  takesProgram = false,
  ...facts
}: Facts<Own> & {
  readonly operand?: Operand | null;
  /** What follows `--` is another program and its arguments. */
  readonly takesProgram?: boolean;
  readonly run: (invocation: Invocation<Own>) => Promise<void>;
}): Command {
  return {
    ...facts,
    operand,
    settings: null,
    run: async (args) => {
      const end = takesProgram && args.includes('--') ? args.indexOf('--') : args.length;
      const parsed = parseArguments(args.slice(0, end), facts.options, operand !== null);
      const options = optionsOf(facts.options, parsed);
      return run({ options, operands: parsed.operands, program: args.slice(end + 1) });
    },
  };
}

/** All settings of a hub, and the file that may have them. */
export const ALL_SETTINGS: Options = {
  ...SETTINGS,
  config: value('FILE', 'a JSON file with these settings'),
};

/** A command that takes the settings of a hub beside its own options. */
export function hubCommand<Own extends Options>({
  run,
  settings = ALL_SETTINGS,
  defaults = {},
  ...facts
}: Facts<Own> & {
  /** All of them unless it takes only some. */
  readonly settings?: Options;
  readonly defaults?: Defaults;
  readonly run: (config: Config, options: ValuesOf<Own>) => Promise<void>;
}): Command {
  return {
    ...facts,
    operand: null,
    settings: { options: settings, defaults },
    run: async (args) => {
      const parsed = parseArguments(args, { ...settings, ...facts.options });
      const config = resolveConfig(parsed.given, process.env, process.cwd(), defaults);
      return run(config, optionsOf(facts.options, parsed));
    },
  };
}

function optionsOf<Own extends Options>(table: Own, { given }: ParsedArguments): ValuesOf<Own> {
  return readOptions(table, (key) => {
    const last = given[nameOf(key)]?.at(-1);
    return last === undefined ? undefined : { value: last, source: `--${nameOf(key)}` };
  });
}
