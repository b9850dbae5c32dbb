import { LOG_LEVELS, type LogLevel } from '../log.ts';
import {
  flag,
  type Kind,
  list,
  nameOf,
  type Option,
  type Options,
  optional,
  setting,
  value,
} from './option.ts';
import { parseBytes, parseDuration } from './quantity.ts';

/** A kind of value that `parse` reads and that is at least `least`. */
const atLeast = (least: number, accepted: string, parse: Kind<number>['parse']): Kind<number> => ({
  accepted,
  parse: (given) => {
    const read = parse(given);
    return read === null || read < least ? null : read;
  },
});

const duration = (least = 0) =>
  atLeast(
    least,
    `a duration like 250ms, 5s or 2m${least > 0 ? ', longer than 0' : ', or 0'}; 24 days at most`,
    parseDuration,
  );

const count = (least: number) =>
  atLeast(least, `a whole number from ${least} to 999999`, (given) =>
    /^\d{1,6}$/.test(given) ? Number(given) : null,
  );

/** A port to listen on. */
export const portNumber: Kind<number> = {
  accepted: 'a port from 0 to 65535',
  parse: (given) => (/^\d{1,5}$/.test(given) && Number(given) <= 65_535 ? Number(given) : null),
};

const anyPort = { ...portNumber, accepted: `${portNumber.accepted} (0: any that is free)` };

/** A number whose range is checked where it is used. */
export const wholeNumber: Kind<number> = {
  accepted: 'a whole number',
  parse: (given) => (/^\d{1,10}$/.test(given) ? Number(given) : null),
};

const host: Kind<string> = {
  accepted: 'a host name or address, without scheme and port',
  parse: (given) => (/^[A-Za-z0-9._:-]+$/.test(given) ? given : null),
};

/** A path, as it is given. */
export const path: Kind<string> = { accepted: 'a path', parse: (given) => given || null };

const size = atLeast(1_024, 'a size like 10MiB, 64KiB or 65536, 1KiB at least', parseBytes);

const level: Kind<LogLevel> = {
  accepted: `one of ${LOG_LEVELS.join(', ')}`,
  parse: (given) => LOG_LEVELS.find((each) => each === given) ?? null,
};

/** How an instance is supervised. */
export const POLICY = {
  connectTimeout: setting('TIME', '5s', duration(1), 'how long connecting may take'),
  pingInterval: setting('TIME', '5s', duration(1), 'quiet time after which an instance is pinged'),
  pingTimeout: setting('TIME', '2s', duration(1), 'how long an answer to a ping may take'),
  maxMissedPings: setting('N', '3', count(1), 'missed pings in a row that end a connection'),
  retryBase: setting(
    'TIME',
    '200ms',
    duration(1),
    'longest wait before the first retry; doubles with each retry',
  ),
  retryCap: setting('TIME', '30s', duration(1), 'longest wait before any retry'),
  maxRetries: setting('N', '10', count(0), 'retries after the first attempt'),
  reviveInterval: setting(
    'TIME',
    '60s',
    duration(),
    'how often a dead instance is probed; 0: never',
  ),
  deadTtl: setting('TIME', '5m', duration(1), 'how long a dead instance without a process is kept'),
};

/** The rest of a hub's settings. */
export const HUB = {
  /** Null means the default ones. */
  instancesDir: list(
    'DIR',
    "watch this directory instead of the default ones (own, then Brummer's); repeatable",
    path,
  ),
  callWait: setting(
    'TIME',
    '10s',
    duration(),
    'how long a call waits for an instance that is away',
  ),
  settle: setting('TIME', '1s', duration(), 'how long a first answer may wait for discovery'),
  autoConnect: flag("connect a session automatically to the instance of the agent's project", true),
  /** Port of the page. 0 means any free port, null means off. */
  inspect: optional('PORT', 'show the statecharts in the browser', anyPort, 0),
  allowHost: list(
    'HOST',
    'a host that registrations may name in addition to loopback; repeatable',
    host,
  ),
  maxMessage: setting('SIZE', '10MiB', size, 'largest message to an agent'),
  record: value(
    'FILE',
    'record every event of the actors for signalbox replay, without credentials',
    path,
  ),
  logLevel: setting('LEVEL', 'info', level, `one of ${LOG_LEVELS.join(', ')}`),
};

const { instancesDir, ...others } = HUB;

/** All settings of a hub by their keys, in the order of the help. */
export const SETTINGS: Options = { instancesDir, ...POLICY, ...others };

/** Defaults of a command that differ from those of `hub`. */
export type Defaults = Readonly<Partial<Record<keyof typeof HUB, string>>>;

/** The settings as a list. */
export const OPTIONS: readonly (Option & { readonly key: string; readonly name: string })[] =
  Object.entries(SETTINGS).map(([key, option]) => ({ ...option, key, name: nameOf(key) }));

/** `SIGNALBOX_FOO_BAR` of `fooBar`. */
export function variableOf(key: string): string {
  return `SIGNALBOX_${nameOf(key).toUpperCase().replaceAll('-', '_')}`;
}
