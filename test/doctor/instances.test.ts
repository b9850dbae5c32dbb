import { describe, expect, it } from '@jest/globals';
import type { FailureCode } from '../../machines/model.ts';
import { checkInstances, type DiagnosedInstance } from '../../src/doctor/instances.ts';
import { gonePid } from '../helpers/gone.ts';
import { WEB as REGISTRATION } from '../helpers/scripted-instance.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');

const WEB: DiagnosedInstance = {
  id: REGISTRATION.id,
  name: REGISTRATION.name,
  port: REGISTRATION.port,
  origin: REGISTRATION.origin,
  pid: null,
  isProcessGone: false,
  state: 'active',
  state_changed_at: null,
  last_error: null,
  hubs: [],
};

const failed = (code: FailureCode): DiagnosedInstance => ({
  ...WEB,
  state: 'retrying',
  last_error: { code, message: 'it says why' },
});

const check = (instance: DiagnosedInstance, stale: { path: string }[] = []) =>
  checkInstances({ instances: [instance], stale, now: NOW });

describe('an instance', () => {
  it('is ok if it is active', () => {
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

  it('is a note if it is active with another pid than its file says', () => {
    const pid = gonePid();
    expect(check({ ...WEB, pid, isProcessGone: true })).toMatchObject([
      {
        level: 'note',
        says: expect.stringContaining(`process ${pid}, which its file names, is gone`),
      },
    ]);
  });

  it.each([
    ['CONNECTION_REFUSED', 'Start the server at port 7778, or remove its file: rm /run/instances/'],
    ['CONNECTION_LOST', 'Hubs will retry'],
    ['CONNECT_TIMEOUT', '--connect-timeout'],
    ['HTTP_ERROR', '/mcp'],
    ['IDENTITY_MISMATCH', 'Another process has port 7778'],
    ['PINGS_MISSED', 'restart it'],
    ['PROTOCOL_ERROR', 'Check what uses port 7778'],
    ['SESSION_EXPIRED', 'reconnect'],
    ['UNAUTHORIZED', 'token that the server requires in its file: /run/instances/web.json'],
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

  it('is a problem if it did not connect in time', () => {
    expect(check({ ...WEB, state: 'connecting' })).toMatchObject([
      {
        level: 'problem',
        says: expect.stringMatching(/^connecting; .* did not connect in time/),
      },
    ]);
  });

  it('is left to another check if its file is stale, unless it is active', () => {
    const stale = [{ path: REGISTRATION.origin.file }];
    expect(check(failed('CONNECTION_REFUSED'), stale)).toEqual([]);
    expect(check(WEB, stale)).toMatchObject([{ level: 'ok' }]);
  });

  it('is a problem in each hub that is not connected, whatever others report', () => {
    const sighting = { agents: ['claude 2'], state_changed_at: '2026-11-22T09:57:00Z' };
    const { last_error } = failed('CONNECTION_REFUSED');
    const hubs = [
      { ...sighting, pid: 5, state: 'active' as const, last_error: null },
      { ...sighting, pid: 6, state: 'dead' as const, last_error },
      { ...sighting, agents: [], pid: 7, state: 'connecting' as const, last_error: null },
    ];
    expect(check({ ...WEB, hubs })).toMatchObject([
      { level: 'ok', says: 'active at port 7778' },
      {
        level: 'problem',
        says: 'dead for 3 min in hub 6 (claude 2), it says why (CONNECTION_REFUSED)',
        remedy: expect.stringContaining('Start the server at port 7778'),
      },
      {
        level: 'problem',
        says: 'connecting for 3 min in hub 7; it did not connect in time',
      },
    ]);
  });

  it('can be registered if there is none', () => {
    expect(checkInstances({ instances: [], stale: [], now: NOW })).toMatchObject([
      { level: 'note', remedy: expect.stringContaining('signalbox register') },
    ]);
  });
});
