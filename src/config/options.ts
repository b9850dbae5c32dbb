import * as z from 'zod';
import { LOG_LEVELS } from '../log.ts';
import { parseBytes, parseDuration } from './quantity.ts';

/** One option of `hub`, `list` and `doctor`: the row from which command line, environment, file and help are made. */
export interface Option {
  /** As on the command line, without dashes; `foo-bar` is `SIGNALBOX_FOO_BAR` and `"fooBar"`. */
  readonly name: string;
  /** `flag` takes no value and has a `--no-` form; `list` may be given again; `optional` may have a value. */
  readonly takes: 'value' | 'flag' | 'list' | 'optional';
  /** How the value is written in help. */
  readonly value: string;
  /** As a user would write it. */
  readonly fallback: string | boolean | null;
  /** What the value means, from text; a file may also give a number, a boolean or a list. */
  readonly schema: z.ZodType;
  readonly help: string;
}

const parsed = (parse: (text: string) => number | null, accepted: string, least = 0) =>
  z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== null && value >= least) return value;
    context.addIssue({ code: 'custom', message: accepted });
    return z.NEVER;
  });

const duration = (least = 0) =>
  parsed(
    parseDuration,
    `a duration like 250ms, 5s or 2m${least > 0 ? ', longer than 0' : ', or 0'}; 24 days at most`,
    least,
  );

const count = (least: number) =>
  parsed(
    (text) => (/^\d{1,6}$/.test(text) ? Number(text) : null),
    `a whole number from ${least} to 999999`,
    least,
  );

const port = parsed(
  (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null),
  'a port from 0 to 65535 (0: any that is free)',
);

const host = z
  .string()
  .regex(/^[A-Za-z0-9._:-]+$/, 'a host name or address, without scheme and port');

const filled = z.string().min(1, 'a path');

const option = (
  name: string,
  value: string,
  fallback: string,
  schema: z.ZodType,
  help: string,
): Option => ({ name, takes: 'value', value, fallback, schema, help });

/** All options, in the order of the help. */
export const OPTIONS: readonly Option[] = [
  {
    name: 'instances-dir',
    takes: 'list',
    value: 'DIR',
    fallback: null,
    schema: filled,
    help: "watch this directory instead of the usual ones (own, then Brummer's); repeatable",
  },
  option('connect-timeout', 'TIME', '5s', duration(1), 'how long connecting may take'),
  option(
    'ping-interval',
    'TIME',
    '5s',
    duration(1),
    'quiet time after which an instance is pinged',
  ),
  option('ping-timeout', 'TIME', '2s', duration(1), 'how long an answer to a ping may take'),
  option('max-missed-pings', 'N', '3', count(1), 'misses in a row that end a connection'),
  option(
    'retry-base',
    'TIME',
    '200ms',
    duration(1),
    'longest wait before the first retry; doubles',
  ),
  option('retry-cap', 'TIME', '30s', duration(1), 'longest wait before any retry'),
  option('max-retries', 'N', '10', count(0), 'retries after the first attempt'),
  option(
    'revive-interval',
    'TIME',
    '60s',
    duration(),
    'how often a dead instance is probed; 0: never',
  ),
  option(
    'dead-ttl',
    'TIME',
    '5m',
    duration(1),
    'when a dead instance without a process is forgotten',
  ),
  option(
    'call-wait',
    'TIME',
    '10s',
    duration(),
    'how long a call waits for an instance that is away',
  ),
  option('settle', 'TIME', '1s', duration(), 'how long a first answer may wait for discovery'),
  {
    name: 'auto-connect',
    takes: 'flag',
    value: '',
    fallback: true,
    schema: z.boolean(),
    help: "connect a session to the instance of the agent's project by itself",
  },
  {
    name: 'inspect',
    takes: 'optional',
    value: '[PORT]',
    fallback: null,
    schema: port,
    help: 'show the statecharts in the browser',
  },
  {
    name: 'allow-host',
    takes: 'list',
    value: 'HOST',
    fallback: null,
    schema: host,
    help: 'a host that registrations may name beside loopback; repeatable',
  },
  option(
    'max-message',
    'SIZE',
    '10MiB',
    parsed(parseBytes, 'a size like 10MiB, 64KiB or 65536, 1KiB at least', 1_024),
    'largest message to an agent',
  ),
  {
    name: 'record',
    takes: 'value',
    value: 'FILE',
    fallback: null,
    schema: filled,
    help: 'write down every event of the actors, for signalbox replay; credentials are left out',
  },
  option(
    'log-level',
    'LEVEL',
    'info',
    z.enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`),
    `one of ${LOG_LEVELS.join(', ')}`,
  ),
];

/** `SIGNALBOX_FOO_BAR` of `foo-bar`. */
export function variableOf({ name }: Option): string {
  return `SIGNALBOX_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** `fooBar` of `foo-bar`. */
export function keyOf({ name }: Option): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
