import { readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import * as z from 'zod';
import type { InstancePolicy } from '../machines/model.ts';
import { errnoOf, UsageError } from './errors.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';
import { keyOf, OPTIONS, type Option, variableOf } from './options.ts';
import { printable } from './printable.ts';

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

/**
 * The settings: command line before environment before file before defaults. Throws {@link UsageError}, one line that
 * names the source.
 */
export function resolveConfig(
  options: GivenOptions,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): Config {
  const path = options['config']?.at(-1) ?? env['SIGNALBOX_CONFIG'];
  const file = typeof path === 'string' ? readFile(path, cwd) : null;
  const values = new Map(
    OPTIONS.map((option) => {
      const given = fromOptions(option, options) ?? fromEnv(option, env) ?? fromFile(option, file);
      return [keyOf(option), validate(option, given)];
    }),
  );
  return shape(values, cwd);
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
  };
  if (policy.retryBase > policy.retryCap) {
    throw new UsageError('--retry-base must not be longer than --retry-cap');
  }
  return Object.freeze({
    instancesDirs: list('instancesDir')?.map((each) => resolve(cwd, each)) ?? null,
    policy: Object.freeze(policy),
    callWait: number('callWait'),
    settle: number('settle'),
    autoConnect: z.boolean().parse(values.get('autoConnect')),
    inspect: z.number().nullable().parse(values.get('inspect')),
    allowHosts: list('allowHost') ?? [],
    maxMessage: number('maxMessage'),
    logLevel: z.enum(LOG_LEVELS).parse(values.get('logLevel')),
  });
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

function fromFile(
  option: Option,
  file: { readonly path: string; readonly settings: Readonly<Record<string, unknown>> } | null,
): Given | undefined {
  const key = keyOf(option);
  const value = file?.settings[key];
  if (file === null || value === undefined) return undefined;
  const asText = typeof value === 'number' ? String(value) : value;
  const source = `"${key}" in ${file.path}`;
  return { value: option.takes === 'list' ? [asText].flat() : asText, source };
}

function validate(option: Option, given: Given | undefined): unknown {
  const { takes, fallback, schema } = option;
  if (given === undefined) return fallback === null ? null : schema.parse(fallback);
  if (takes === 'optional' && typeof given.value === 'boolean') return given.value ? 0 : null;
  const result = (takes === 'list' ? z.array(schema).min(1) : schema).safeParse(given.value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const wrong = Array.isArray(given.value) ? given.value[Number(issue?.path[0])] : given.value;
  const accepted = takes === 'flag' ? 'true or false' : (issue?.message ?? 'something else');
  throw new UsageError(
    `${printable(given.source)}: ${printable(JSON.stringify(wrong) ?? 'nothing')} is not ${accepted}`,
  );
}

function readFile(path: string, cwd: string) {
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
  const object = z.record(z.string(), z.unknown()).safeParse(settings);
  if (!object.success) throw new UsageError(`config file ${shown} is not a JSON object`);
  const unknown = Object.keys(object.data).find(
    (key) => !OPTIONS.some((each) => keyOf(each) === key),
  );
  if (unknown !== undefined) {
    throw new UsageError(`config file ${shown}: "${printable(unknown)}" is not a setting`);
  }
  return { path, settings: object.data };
}
