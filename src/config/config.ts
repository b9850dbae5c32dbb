import { readFileSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { GONE_GRACE } from '../../machines/backoff.ts';
import type { InstancePolicy } from '../../machines/model.ts';
import { errnoOf, UsageError } from '../errors.ts';
import { printable } from '../printable.ts';
import { type Given, nameOf, type Option, readOptions, shown, type ValuesOf } from './option.ts';
import { type Defaults, HUB, POLICY, SETTINGS, variableOf } from './options.ts';

/** All settings of a hub, validated and frozen. Durations in milliseconds, sizes in bytes. */
export type Config = ReturnType<typeof configOf>;

/** The options given on the command line, by name: strings, and `true` or `false` for flags. */
export type GivenOptions = Readonly<Record<string, readonly (string | boolean)[] | undefined>>;

/** A config file: every key in it is a setting. */
interface SettingsFile {
  readonly path: string;
  readonly settings: ReadonlyMap<string, unknown>;
}

/**
 * Resolves the settings, in order of precedence: command line, environment, config file, defaults. `defaults` replace the
 * hub's for a command. Throws {@link UsageError}, one line that names the source.
 */
export function resolveConfig(
  options: GivenOptions,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  defaults: Defaults = {},
): Config {
  const path = options['config']?.at(-1) ?? (env['SIGNALBOX_CONFIG'] || undefined);
  const file = typeof path === 'string' ? readFile(path, cwd) : null;
  const givenFor = (key: string, option: Option) =>
    fromOptions(key, option, options) ?? fromEnv(key, option, env) ?? fromFile(key, option, file);
  const hub = readOptions(HUB, givenFor, defaults);
  const policy = readOptions(POLICY, givenFor);
  if (policy.retryBase > policy.retryCap) {
    const [base, cap] = (['retryBase', 'retryCap'] as const).map((key) =>
      describe(key, givenFor(key, POLICY[key])),
    );
    throw new UsageError(`${base} must not be longer than ${cap}`);
  }
  return configOf(hub, policy, cwd);
}

/** A given value of the policy and its source. */
function describe(key: keyof typeof POLICY, given: Given | undefined): string {
  if (given === undefined) return `--${nameOf(key)}: "${POLICY[key].fallback}" by default`;
  return `${printable(given.source)}: ${shown(given.value)}`;
}

function configOf(
  { instancesDir, allowHost, record, ...rest }: ValuesOf<typeof HUB>,
  policy: ValuesOf<typeof POLICY>,
  cwd: string,
) {
  const goneGrace = Math.max(GONE_GRACE, rest.callWait);
  return Object.freeze({
    ...rest,
    /** Absolute. Null means the default ones. */
    instancesDirs: frozen(instancesDir?.map((each) => resolve(cwd, each)) ?? null),
    allowHosts: frozen(allowHost ?? []),
    /** Absolute path of the recording, or null. */
    record: record === null ? null : resolve(cwd, record),
    policy: Object.freeze({ ...policy, goneGrace } satisfies InstancePolicy),
  });
}

function frozen<List extends readonly string[] | null>(list: List): Readonly<List> {
  return Object.freeze(list);
}

function fromOptions(key: string, { takes }: Option, options: GivenOptions): Given | undefined {
  const given = options[nameOf(key)];
  if (given === undefined || given.length === 0) return undefined;
  return { value: takes === 'list' ? given : given.at(-1), source: `--${nameOf(key)}` };
}

function fromEnv(
  key: string,
  { takes }: Option,
  env: Readonly<Record<string, string | undefined>>,
): Given | undefined {
  const source = variableOf(key);
  const text = env[source];
  if (text === undefined || text === '') return undefined;
  if (takes === 'list') {
    const separator = key === 'instancesDir' ? delimiter : ',';
    return { value: text.split(separator).filter(Boolean), source };
  }
  if (takes === 'flag' || takes === 'optional') {
    const flag = { true: true, '1': true, false: false, '0': false }[text];
    if (flag !== undefined && !(takes === 'optional' && text === '0')) {
      return { value: flag, source };
    }
  }
  return { value: text, source };
}

function fromFile(key: string, { takes }: Option, file: SettingsFile | null): Given | undefined {
  const value = file?.settings.get(key);
  if (file === null || value === undefined) return undefined;
  const source = `"${key}" in ${file.path}`;
  if (takes === 'list') return { value: [value].flat(), source };
  return { value: typeof value === 'number' ? String(value) : value, source };
}

function readFile(path: string, cwd: string): SettingsFile {
  if (path === '') throw new UsageError('--config: "" is not a path');
  const shownPath = printable(path);
  let text: string;
  try {
    text = readFileSync(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw new UsageError(
      `config file ${shownPath} cannot be read (${errnoOf(error) ?? 'unknown'})`,
    );
  }
  let settings: unknown;
  try {
    settings = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new UsageError(`config file ${shownPath} is not JSON`);
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new UsageError(`config file ${shownPath} is not a JSON object`);
  }
  const unknown = Object.keys(settings).find((key) => !Object.hasOwn(SETTINGS, key));
  if (unknown !== undefined) {
    throw new UsageError(`config file ${shownPath}: "${printable(unknown)}" is not a setting`);
  }
  return { path, settings: new Map<string, unknown>(Object.entries(settings)) };
}
