import { describe, expect, it } from '@jest/globals';
import type { FailureCode } from '../../machines/model.ts';
import { checkInstances, type TriedInstance } from '../../src/doctor/instances.ts';
import { gonePid } from '../helpers/gone.ts';
import { WEB as REGISTRATION } from '../helpers/scripted-instance.ts';

const WEB: TriedInstance = {
  registration: { ...REGISTRATION, pid: null },
  state: 'active',
  failure: null,
};

const failed = (code: FailureCode): TriedInstance => ({
  ...WEB,
  state: 'retrying',
  failure: { code, message: 'it says why' },
});

const check = (instance: TriedInstance, stale: { path: string }[] = []) =>
  checkInstances({ instances: [instance], stale });

describe('an instance', () => {
  it('is fine when it is active', () => {
    expect(check(WEB)).toEqual([
      {
        check: 'instances',
        level: 'ok',
        subject: 'web (web-1)',
        says: 'active at port 7778',
        remedy: null,
      },
    ]);
  });

  it('is noted when it is active under another pid than its file says', () => {
    const pid = gonePid();
    const registration = { ...WEB.registration, pid };
    expect(check({ ...WEB, registration })).toMatchObject([
      {
        level: 'note',
        says: expect.stringContaining(`process ${pid}, which its file names, is gone`),
      },
    ]);
  });

  it.each([
    ['CONNECTION_REFUSED', 'Start the server at port 7778, or remove its file: rm /run/instances/'],
    ['CONNECTION_LOST', 'Hubs try it again'],
    ['CONNECT_TIMEOUT', '--connect-timeout'],
    ['HTTP_ERROR', '/mcp'],
    ['IDENTITY_MISMATCH', 'Another process has port 7778'],
    ['PINGS_MISSED', 'restart it'],
    ['PROTOCOL_ERROR', 'See what has port 7778'],
    ['SESSION_EXPIRED', 'anew'],
    ['UNAUTHORIZED', 'token that the server asks for into its file: /run/instances/web.json'],
    ['UNSUPPORTED_VERSION', '2025-11-25'],
  ] as const)('has a remedy for %s', (code, remedy) => {
    expect(check(failed(code))).toMatchObject([
      {
        level: 'problem',
        says: `retrying, it says why (${code})`,
        remedy: expect.stringContaining(remedy),
      },
    ]);
  });

  it('is wrong when there was no time to try it', () => {
    expect(check({ ...WEB, state: 'connecting' })).toMatchObject([
      {
        level: 'problem',
        says: expect.stringMatching(/^connecting; .* not be connected to in time/),
      },
    ]);
  });

  it('is left to another check when its file is stale, unless it is active after all', () => {
    const stale = [{ path: REGISTRATION.origin.file }];
    expect(check(failed('CONNECTION_REFUSED'), stale)).toEqual([]);
    expect(check(WEB, stale)).toMatchObject([{ level: 'ok' }]);
  });

  it('may be announced when there is none', () => {
    expect(checkInstances({ instances: [], stale: [] })).toMatchObject([
      { level: 'note', remedy: expect.stringContaining('signalbox register') },
    ]);
  });
});
