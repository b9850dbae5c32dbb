import { readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import * as z from 'zod';
import { GONE_GRACE } from '../../machines/backoff.ts';
import type { InstancePolicy } from '../../machines/model.ts';
import { errnoOf, UsageError } from '../errors.ts';
import { LOG_LEVELS, type LogLevel } from '../log.ts';
import { printable } from '../printable.ts';
import { keyOf, OPTIONS, type Option, variableOf } from './options.ts';

/** All settings of a hub, validated. Durations in milliseconds, sizes in bytes. */
export interface Config {
  /** Absolute; null stands for the usual ones. */
  readonly instancesDirs: readonly string[] | null;
  readonly policy: InstancePolicy;
  readonly callWait: number;
  readonly settle: number;
  readonly autoConnect: boolean;
  /** Port of the page; 0 is any that is free, null is off. */
  readonly inspect: number | null;
  readonly allowHosts: readonly string[];
  readonly maxMessage: number;
  /** Absolute path of the recording; null is none. */
  readonly record: string | null;
  readonly logLevel: LogLevel;
}

/** What was given for an option, and where. */
interface Given {
  readonly value: unknown;
  /** For the error: `--foo-bar`, `SIGNALBOX_FOO_BAR`, `"fooBar" in FILE`. */
  readonly source: string;
}

/** What the command line gave: texts by option name; `true` and `false` for flags. */
export type GivenOptions = Readonly<Record<string, readonly (string | boolean)[] | undefined>>;

/** A file of settings: each of them is known. */
interface SettingsFile {
  readonly path: string;
  readonly settings: ReadonlyMap<string, unknown>;
}

/**
 * The settings: command line before environment before file before defaults; `defaults` are those of a command that
 * differs, by option name. Throws {@link UsageError}, one line that names the source.
 */
export function resolveConfig(
  options: GivenOptions,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  defaults: Readonly<Record<string, string>> = {},
): Config {
  const path = options['config']?.at(-1) ?? (env['SIGNALBOX_CONFIG'] || undefined);
  const file = typeof path === 'string' ? readFile(path, cwd) : null;
  const values = new Map<string, unknown>();
  const said = new Map<string, string>();
  for (const each of OPTIONS) {
    const option = { ...each, fallback: defaults[each.name] ?? each.fallback };
    const given = fromOptions(option, options) ?? fromEnv(option, env) ?? fromFile(option, file);
    values.set(keyOf(option), validate(option, given));
    said.set(
      keyOf(option),
      given === undefined
        ? `--${option.name}: "${option.fallback}" by default`
        : `${printable(given.source)}: ${show(given.value)}`,
    );
  }
  const config = shape(values, cwd);
  if (config.policy.retryBase > config.policy.retryCap) {
    throw new UsageError(
      `${said.get('retryBase')} must not be longer than ${said.get('retryCap')}`,
    );
  }
  return config;
}

const duration = z.number();

/** The values, each valid for itself, in the shape in which they are used. */
function shape(values: ReadonlyMap<string, unknown>, cwd: string): Config {
  const number = (key: string) => duration.parse(values.get(key));
  const list = (key: string) => z.array(z.string()).nullable().parse(values.get(key));
  const policy: InstancePolicy = {
    connectTimeout: number('connectTimeout'),
    pingInterval: number('pingInterval'),
    pingTimeout: number('pingTimeout'),
    maxMissedPings: number('maxMissedPings'),
    retryBase: number('retryBase'),
    retryCap: number('retryCap'),
    maxRetries: number('maxRetries'),
    reviveInterval: number('reviveInterval'),
    deadTtl: number('deadTtl'),
    goneGrace: Math.max(GONE_GRACE, number('callWait')),
  };
  const record = z.string().nullable().parse(values.get('record'));
  return Object.freeze({
    instancesDirs: frozen(list('instancesDir')?.map((each) => resolve(cwd, each)) ?? null),
    policy: Object.freeze(policy),
    callWait: number('callWait'),
    settle: number('settle'),
    autoConnect: z.boolean().parse(values.get('autoConnect')),
    inspect: z.number().nullable().parse(values.get('inspect')),
    allowHosts: frozen(list('allowHost') ?? []),
    maxMessage: number('maxMessage'),
    record: record === null ? null : resolve(cwd, record),
    logLevel: z.enum(LOG_LEVELS).parse(values.get('logLevel')),
  });
}

function frozen<T extends readonly string[] | null>(list: T): Readonly<T> {
  return Object.freeze(list);
}

function fromOptions(option: Option, options: GivenOptions): Given | undefined {
  const given = options[option.name];
  if (given === undefined || given.length === 0) return undefined;
  return { value: option.takes === 'list' ? given : given.at(-1), source: `--${option.name}` };
}

function fromEnv(
  option: Option,
  env: Readonly<Record<string, string | undefined>>,
): Given | undefined {
  const source = variableOf(option);
  const text = env[source];
  if (text === undefined || text === '') return undefined;
  if (option.takes === 'list') {
    const separator = option.name === 'instances-dir' ? delimiter : ',';
    return { value: text.split(separator).filter(Boolean), source };
  }
  if (option.takes === 'flag' || option.takes === 'optional') {
    const flag = { true: true, '1': true, false: false, '0': false }[text];
    if (flag !== undefined && !(option.takes === 'optional' && text === '0')) {
      return { value: flag, source };
    }
  }
  return { value: text, source };
}

function fromFile(option: Option, file: SettingsFile | null): Given | undefined {
  const key = keyOf(option);
  const value = file?.settings.get(key);
  if (file === null || value === undefined) return undefined;
  const source = `"${key}" in ${file.path}`;
  if (option.takes === 'list') return { value: [value].flat(), source };
  return { value: typeof value === 'number' ? String(value) : value, source };
}

function validate(option: Option, given: Given | undefined): unknown {
  const { takes, fallback, schema } = option;
  if (given === undefined) return fallback === null ? null : schema.parse(fallback);
  if (takes === 'optional' && typeof given.value === 'boolean') return given.value ? 0 : null;
  const source = printable(given.source);
  if (takes === 'list' && Array.isArray(given.value) && given.value.length === 0) {
    throw new UsageError(`${source}: there is no ${option.value} in it`);
  }
  const result = (takes === 'list' ? z.array(schema) : schema).safeParse(given.value, {
    // For what isn't even text; the schemas say the rest themselves.
    error: () => (fallback === null ? `a ${bare(option.value)}` : `a value like ${fallback}`),
  });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const isOneOfMany = takes === 'list' && Array.isArray(given.value);
  const wrong = isOneOfMany ? given.value[Number(issue?.path[0])] : given.value;
  const accepted = takes === 'flag' ? 'true or false' : issue?.message;
  throw new UsageError(`${source}: ${show(wrong)} is not ${accepted}`);
}

function show(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'nothing');
}

/** `PORT` of `[PORT]`. */
function bare(value: string): string {
  return value.replace(/[[\]]/g, '');
}

function readFile(path: string, cwd: string): SettingsFile {
  if (path === '') throw new UsageError('--config: "" is not a path');
  const shown = printable(path);
  let text: string;
  try {
    text = readFileSync(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw new UsageError(`config file ${shown} cannot be read (${errnoOf(error) ?? 'unknown'})`);
  }
  let settings: unknown;
  try {
    settings = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new UsageError(`config file ${shown} is not JSON`);
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new UsageError(`config file ${shown} is not a JSON object`);
  }
  const unknown = Object.keys(settings).find((key) => !OPTIONS.some((each) => keyOf(each) === key));
  if (unknown !== undefined) {
    throw new UsageError(`config file ${shown}: "${printable(unknown)}" is not a setting`);
  }
  return { path, settings: new Map<string, unknown>(Object.entries(settings)) };
}
