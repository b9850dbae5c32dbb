import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseArguments } from '../../src/cli/arguments.ts';
import { ALL_SETTINGS } from '../../src/cli/command.ts';
import { resolveConfig } from '../../src/config/config.ts';
import { type Defaults, OPTIONS, variableOf } from '../../src/config/options.ts';
import { UsageError } from '../../src/errors.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';

const resolve = (
  args: string[],
  env: Record<string, string> = {},
  cwd = '/work',
  defaults: Defaults = {},
) => resolveConfig(parseArguments(args, ALL_SETTINGS).given, env, cwd, defaults);

const DEFAULTS = {
  instancesDirs: null,
  policy: {
    connectTimeout: 5_000,
    pingInterval: 5_000,
    pingTimeout: 2_000,
    maxMissedPings: 3,
    retryBase: 200,
    retryCap: 30_000,
    maxRetries: 10,
    reviveInterval: 60_000,
    deadTtl: 300_000,
    goneGrace: 30_000,
  },
  callWait: 10_000,
  settle: 1_000,
  autoConnect: true,
  inspect: null,
  allowHosts: [],
  maxMessage: 10 * 2 ** 20,
  record: null,
  logLevel: 'info',
};

/** For each option: how it is given, and the settings that then differ. */
const CASES: [name: string, value: string, expected: object][] = [
  ['instances-dir', '/a', { instancesDirs: ['/a'] }],
  ['connect-timeout', '1s', { policy: { connectTimeout: 1_000 } }],
  ['ping-interval', '1s', { policy: { pingInterval: 1_000 } }],
  ['ping-timeout', '1s', { policy: { pingTimeout: 1_000 } }],
  ['max-missed-pings', '7', { policy: { maxMissedPings: 7 } }],
  ['retry-base', '1s', { policy: { retryBase: 1_000 } }],
  ['retry-cap', '1s', { policy: { retryCap: 1_000 } }],
  ['max-retries', '0', { policy: { maxRetries: 0 } }],
  ['revive-interval', '0', { policy: { reviveInterval: 0 } }],
  ['dead-ttl', '1s', { policy: { deadTtl: 1_000 } }],
  ['call-wait', '0', { callWait: 0 }],
  ['settle', '0', { settle: 0 }],
  ['inspect', '8080', { inspect: 8_080 }],
  ['allow-host', 'devbox', { allowHosts: ['devbox'] }],
  ['max-message', '1MiB', { maxMessage: 2 ** 20 }],
  ['record', 'hub.jsonl', { record: '/work/hub.jsonl' }],
  ['log-level', 'debug', { logLevel: 'debug' }],
];

it('has the documented defaults', () => {
  expect(resolve([])).toEqual(DEFAULTS);
});

it('is frozen throughout', () => {
  const config = resolve(['--instances-dir', '/a', '--allow-host', 'b']);
  const parts = [config, config.policy, config.instancesDirs, config.allowHosts];
  expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
});

it('treats empty environment variables as unset, and ignores unknown ones', () => {
  const env = { SIGNALBOX_CONFIG: '', SIGNALBOX_SETTLE: '', SIGNALBOX_OF_A_LATER_VERSION: 'x' };
  expect(resolve([], env)).toEqual(DEFAULTS);
});

it('lets a command have its own defaults, with the lowest precedence', () => {
  const file = join(temporaryDirectory(), 'config.json');
  writeFileSync(file, '{"logLevel":"warn"}');
  const levelOf = (args: string[], env: Record<string, string> = {}) =>
    resolve(args, env, '/work', { logLevel: 'error' }).logLevel;
  expect(levelOf([])).toBe('error');
  expect(levelOf(['--config', file])).toBe('warn');
  expect(levelOf(['--config', file], { SIGNALBOX_LOG_LEVEL: 'debug' })).toBe('debug');
  expect(levelOf(['--log-level', 'trace'], { SIGNALBOX_LOG_LEVEL: 'debug' })).toBe('trace');
});

describe('every option', () => {
  it('is tested here', () => {
    const tried = [...CASES.map(([name]) => name), 'auto-connect'].sort();
    expect(OPTIONS.map(({ name }) => name).sort()).toEqual(tried);
  });

  it.each(CASES)(
    '--%s comes from command line, environment and file, in this order',
    (name, value, expected) => {
      const option = OPTIONS.find((each) => each.name === name);
      if (option === undefined) throw new Error(name);
      const file = join(temporaryDirectory(), 'config.json');
      writeFileSync(file, JSON.stringify({ [option.key]: value }));
      expect(resolve([`--${name}`, value])).toMatchObject(expected);
      expect(resolve([`--${name}=${value}`])).toMatchObject(expected);
      expect(resolve([], { [variableOf(option.key)]: value })).toMatchObject(expected);
      expect(resolve(['--config', file])).toMatchObject(expected);
      expect(resolve([], { SIGNALBOX_CONFIG: file })).toMatchObject(expected);

      const other = CASES.find(([each]) => each === name)?.[1] === '1s' ? '9s' : null;
      if (other === null) return;
      expect(resolve([`--${name}`, value], { [variableOf(option.key)]: other })).toMatchObject(
        expected,
      );
      expect(resolve(['--config', file], { [variableOf(option.key)]: '1s' })).toMatchObject(
        expected,
      );
    },
  );

  it('may be a number, a boolean or a list in the file', () => {
    const file = join(temporaryDirectory(), 'config.json');
    const settings = {
      maxRetries: 4,
      autoConnect: false,
      instancesDir: ['a', '/b'],
      inspect: true,
      callWait: 0,
    };
    writeFileSync(file, `\ufeff${JSON.stringify(settings)}`);
    expect(resolve(['--config', file])).toMatchObject({
      policy: { maxRetries: 4 },
      autoConnect: false,
      instancesDirs: ['/work/a', '/b'],
      inspect: 0,
      callWait: 0,
    });
  });
});

describe('flags and lists', () => {
  it('can be given in several ways', () => {
    expect(resolve(['--no-auto-connect']).autoConnect).toBe(false);
    expect(resolve(['--no-auto-connect', '--auto-connect']).autoConnect).toBe(true);
    expect(resolve(['--auto-connect', '--no-auto-connect']).autoConnect).toBe(false);
    expect(resolve(['--auto-connect'], { SIGNALBOX_AUTO_CONNECT: 'false' }).autoConnect).toBe(true);
    expect(resolve([], { SIGNALBOX_AUTO_CONNECT: '0' }).autoConnect).toBe(false);
    expect(resolve(['--inspect']).inspect).toBe(0);
    expect(resolve(['--inspect', '--settle', '2s'])).toMatchObject({ inspect: 0, settle: 2_000 });
    expect(resolve([], { SIGNALBOX_INSPECT: 'false' }).inspect).toBeNull();
    expect(resolve(['--instances-dir', 'a', '--instances-dir', '/b']).instancesDirs).toEqual([
      '/work/a',
      '/b',
    ]);
    expect(resolve([], { SIGNALBOX_INSTANCES_DIR: `/a${delimiter}/b` }).instancesDirs).toEqual([
      '/a',
      '/b',
    ]);
    expect(resolve(['--allow-host', 'a', '--allow-host', 'b']).allowHosts).toEqual(['a', 'b']);
  });
});

describe('a bad value is one line that names its source', () => {
  const refusal = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      const { message } = error as UsageError;
      expect(message).not.toContain('\n');
      return message;
    }
    throw new Error('was taken');
  };

  it.each([
    [
      ['--ping-interval', 'soon'],
      '--ping-interval: "soon" is not a duration like 250ms, 5s or 2m, longer than 0; 24 days at most',
    ],
    [['--ping-interval', '0'], '--ping-interval: "0" is not a duration'],
    [['--connect-timeout', '5'], '--connect-timeout: "5" is not'],
    [['--settle', '9999h'], '--settle: "9999h" is not'],
    [['--max-retries', '-1'], '--max-retries needs a value'],
    [['--max-retries=-1'], '--max-retries: "-1" is not a whole number'],
    [['--max-missed-pings', '0'], '--max-missed-pings: "0" is not'],
    [['--max-message', '10'], '--max-message: "10" is not a size'],
    [['--log-level', 'loud'], '--log-level: "loud" is not one of silent, error'],
    [['--inspect=70000'], '--inspect: "70000" is not a port'],
    [['--allow-host', 'http://x'], '--allow-host: "http://x" is not a host name'],
    [['--instances-dir', ''], '--instances-dir: "" is not a path'],
    [
      ['--retry-base', '1m'],
      '--retry-base: "1m" must not be longer than --retry-cap: "30s" by default',
    ],
    [
      ['--retry-base', '2m', '--retry-cap=1m'],
      '--retry-base: "2m" must not be longer than --retry-cap: "1m"',
    ],
    [['--config', ''], '--config: "" is not a path'],
    [['--ping-intervall', '1s'], 'unknown option --ping-intervall; did you mean --ping-interval?'],
    [['-x'], 'unknown option -x'],
    [['--settle'], '--settle needs a value'],
    [['--auto-connect=yes'], '--auto-connect takes no value'],
    [['word'], 'unexpected "word"'],
    [['--log-level', '\u001b[31m'], '--log-level: "\\u001b[31m" is not'],
  ])('%j', (args, message) => {
    expect(refusal(() => resolve(args))).toContain(message);
  });

  it('from the environment or the file', () => {
    const file = join(temporaryDirectory(), 'config.json');
    const withFile = (text: string) => {
      writeFileSync(file, text);
      return refusal(() => resolve(['--config', file]));
    };
    expect(refusal(() => resolve([], { SIGNALBOX_SETTLE: 'x' }))).toContain(
      'SIGNALBOX_SETTLE: "x" is not',
    );
    expect(refusal(() => resolve([], { SIGNALBOX_AUTO_CONNECT: 'x' }))).toContain(
      'is not true or false',
    );
    expect(withFile('{"settle":true}')).toContain(`"settle" in ${file}: true is not`);
    expect(withFile('{"setle":"1s"}')).toContain('"setle" is not a setting');
    expect(withFile('{"__proto__":1}')).toContain('"__proto__" is not a setting');
    expect(withFile('{"settle":null}')).toContain('null is not a value like 1s');
    expect(withFile('{"settle":[]}')).toContain('[] is not a value like 1s');
    expect(withFile('{"maxRetries":1.5}')).toContain('"1.5" is not a whole number');
    expect(withFile('{"inspect":{}}')).toContain('{} is not a PORT');
    expect(withFile('{"autoConnect":"yes"}')).toContain('"yes" is not true or false');
    expect(withFile('{"instancesDir":5}')).toContain('5 is not a DIR');
    expect(withFile('{"instancesDir":["/a",1]}')).toContain('1 is not a DIR');
    expect(withFile('{"instancesDir":[]}')).toContain('there is no DIR in it');
    expect(withFile('{"retryBase":"1m"}')).toContain(
      `"retryBase" in ${file}: "1m" must not be longer than --retry-cap`,
    );
    expect(refusal(() => resolve([], { SIGNALBOX_INSTANCES_DIR: delimiter }))).toContain(
      'SIGNALBOX_INSTANCES_DIR: there is no DIR in it',
    );
    expect(
      refusal(() => resolve([], { SIGNALBOX_RETRY_BASE: '9s', SIGNALBOX_RETRY_CAP: '8s' })),
    ).toBe('SIGNALBOX_RETRY_BASE: "9s" must not be longer than SIGNALBOX_RETRY_CAP: "8s"');
    expect(withFile('{')).toContain('is not JSON');
    expect(withFile('[]')).toContain('is not a JSON object');
    expect(refusal(() => resolve(['--config', '/nowhere.json']))).toContain(
      'cannot be read (ENOENT)',
    );
  });
});
