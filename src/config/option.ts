import { UsageError } from '../errors.ts';
import { printable } from '../printable.ts';

/** An option, as the command line, the environment, the config file and the help use it. */
export interface Option<Value = unknown> {
  /** `flag` takes no value, `list` is repeatable, and the value of `optional` can be omitted. */
  readonly takes: 'value' | 'flag' | 'list' | 'optional';
  /** How the value is written in the help; empty for a flag. */
  readonly value: string;
  /** The default as a user would write it. A flag that is on by default has a `--no-` form. */
  readonly fallback: string | boolean | null;
  /** Null: accepted but not shown. */
  readonly help: string | null;
  /** Parses a given value or the fallback. Throws {@link NotAccepted}. */
  readonly read: (given: unknown) => Value;
}

/** Options by their keys: `fooBar` is `--foo-bar`. */
export type Options = Readonly<Record<string, Option>>;

/** The type of the values of a table of options. */
export type ValuesOf<Table extends Options> = {
  readonly [Key in keyof Table]: Table[Key] extends Option<infer Value> ? Value : never;
};

/** A given value of an option and its source. */
export interface Given {
  readonly value: unknown;
  /** For the error message: `--foo-bar`, `SIGNALBOX_FOO_BAR`, `"fooBar" in FILE`. */
  readonly source: string;
}

/** A kind of value: how its text is parsed, and what the error message says is accepted. */
export interface Kind<Value> {
  readonly accepted: string;
  /** Returns null for a text that is not accepted. */
  readonly parse: (text: string) => Value | null;
}

/** A value that an option does not accept. */
export class NotAccepted extends Error {
  readonly given: unknown;
  readonly accepted: string;

  constructor(given: unknown, accepted: string) {
    super(`not ${accepted}`);
    this.given = given;
    this.accepted = accepted;
  }
}

/** Any text. */
export const text: Kind<string> = { accepted: 'a text', parse: (given) => given };

/** An option with a value that has a default. */
export function setting<Value>(
  value: string,
  fallback: string,
  kind: Kind<Value>,
  help: string,
): Option<Value> {
  const read = (given: unknown) => readText(kind, given, `a value like ${fallback}`);
  return { takes: 'value', value, fallback, help, read };
}

/** An option with a value; null unless it is given. */
export function value(name: string, help: string): Option<string | null>;
export function value<Value>(name: string, help: string, kind: Kind<Value>): Option<Value | null>;
export function value(name: string, help: string, kind: Kind<unknown> = text): Option {
  const read = (given: unknown) => (given === null ? null : readText(kind, given, `a ${name}`));
  return { takes: 'value', value: name, fallback: null, help, read };
}

/** A repeatable option; null unless it is given. */
export function list<Value>(
  name: string,
  help: string,
  kind: Kind<Value>,
): Option<readonly Value[] | null> {
  const read = (given: unknown) => {
    if (given === null) return null;
    if (!Array.isArray(given)) throw new NotAccepted(given, `a ${name}`);
    return given.map((each: unknown) => readText(kind, each, `a ${name}`));
  };
  return { takes: 'list', value: name, fallback: null, help, read };
}

/** An option whose value can be omitted, which means `bare`. Null if it isn't given. */
export function optional<Value>(
  name: string,
  help: string,
  kind: Kind<Value>,
  bare: Value,
): Option<Value | null> {
  const read = (given: unknown) => {
    if (given === null || given === false) return null;
    return given === true ? bare : readText(kind, given, `a ${name}`);
  };
  return { takes: 'optional', value: `[${name}]`, fallback: null, help, read };
}

/** An option without a value. */
export function flag(help: string | null, fallback = false): Option<boolean> {
  const read = (given: unknown) => {
    if (typeof given === 'boolean') return given;
    throw new NotAccepted(given, 'true or false');
  };
  return { takes: 'flag', value: '', fallback, help, read };
}

/** The value of an option. Throws {@link UsageError}, one line that names the source. */
export function readOption<Value>(option: Option<Value>, given: Given | undefined): Value {
  if (given === undefined) return option.read(option.fallback);
  const source = printable(given.source);
  if (Array.isArray(given.value) && given.value.length === 0 && option.takes === 'list') {
    throw new UsageError(`${source}: there is no ${option.value} in it`);
  }
  try {
    // Options that aren't given read as null.
    if (given.value === null) throw new NotAccepted(null, notEvenText(option));
    return option.read(given.value);
  } catch (error) {
    if (!(error instanceof NotAccepted)) throw error;
    throw new UsageError(`${source}: ${shown(error.given)} is not ${error.accepted}`);
  }
}

/** Reads all options of a table. `defaults` replace some of its fallbacks. Throws {@link UsageError}. */
export function readOptions<Table extends Options>(
  table: Table,
  givenFor: (key: string, option: Option) => Given | undefined,
  defaults: Readonly<Record<string, string | undefined>> = {},
): ValuesOf<Table> {
  const values: Record<string, unknown> = {};
  for (const [key, own] of Object.entries<Option>(table)) {
    const option = { ...own, fallback: defaults[key] ?? own.fallback };
    values[key] = readOption(option, givenFor(key, option));
  }
  if (!areComplete(values, table)) throw new Error('an option was not read');
  return values;
}

/** Whether every option has a value. Its type is right because its own option has read it. */
function areComplete<Table extends Options>(
  values: Readonly<Record<string, unknown>>,
  table: Table,
): values is ValuesOf<Table> {
  return Object.keys(table).every((key) => key in values);
}

/** A value in an error message. */
export function shown(given: unknown): string {
  return printable(JSON.stringify(given) ?? 'nothing');
}

/** `foo-bar` of `fooBar`, as on the command line. */
export function nameOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function readText<Value>({ accepted, parse }: Kind<Value>, given: unknown, like: string): Value {
  if (typeof given !== 'string') throw new NotAccepted(given, like);
  const read = parse(given);
  if (read === null) throw new NotAccepted(given, accepted);
  return read;
}

function notEvenText({ takes, value: name, fallback }: Option): string {
  if (takes === 'flag') return 'true or false';
  return fallback === null ? `a ${name.replace(/[[\]]/g, '')}` : `a value like ${fallback}`;
}
