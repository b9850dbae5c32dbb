import { type Config, resolveConfig } from '../config/config.ts';
import { nameOf, type Options, readOptions, type ValuesOf, value } from '../config/option.ts';
import { type Defaults, SETTINGS } from '../config/options.ts';
import { type ParsedArguments, parseArguments } from './arguments.ts';

/** A command: everything that `main`, the help and the parser need to know about it. */
export interface Command {
  readonly name: string;
  /** The usage line after `signalbox`. */
  readonly usage: string;
  readonly does: string;
  /** Its own options, in the order of the help. */
  readonly options: Options;
  /** Its operand, or null. */
  readonly operand: Operand | null;
  /** The hub settings that it takes, or null. */
  readonly settings: SettingsOf | null;
  /** Parses the arguments and runs. Rejects with a UsageError if they are invalid. */
  readonly run: (args: readonly string[]) => Promise<void>;
}

/** An argument without dashes. */
export interface Operand {
  readonly name: string;
  /** Null if the usage line needs no explanation. */
  readonly help: string | (() => Promise<string>) | null;
}

/** The hub settings that a command takes. */
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

/** The parsed arguments that a command's implementation gets. */
export interface Invocation<Own extends Options> {
  readonly options: ValuesOf<Own>;
  readonly operands: readonly string[];
  /** The arguments after `--`, if the command runs another program. */
  readonly program: readonly string[];
}

/** Defines a command that takes only its own options. */
export function command<Own extends Options>({
  run,
  operand = null,
  takesProgram = false,
  ...facts
}: Facts<Own> & {
  readonly operand?: Operand | null;
  /** Whether another program and its arguments follow `--`. */
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

/** All hub settings, and the option for a config file. */
export const ALL_SETTINGS: Options = {
  ...SETTINGS,
  config: value('FILE', 'a JSON file with these settings'),
};

/** Defines a command that takes hub settings in addition to its own options. */
export function hubCommand<Own extends Options>({
  run,
  settings = ALL_SETTINGS,
  defaults = {},
  ...facts
}: Facts<Own> & {
  /** All settings by default. */
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
