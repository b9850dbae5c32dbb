import { describe, expect, it } from '@jest/globals';
import { type Listed, paintState, renderList } from '../../src/cli/list-table.ts';
import type { SeenInstance } from '../../src/cli/seen-instance.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');

const WEB: SeenInstance = {
  id: 'web-1',
  name: 'web',
  path: '/projects/web',
  port: 7_778,
  pid: null,
  state: 'active',
  connected_at: null,
  has_package_json: false,
  discovered_at: null,
  state_changed_at: null,
  retry_count: 0,
  next_retry_at: null,
  last_activity: null,
  last_error: { code: 'CONNECTION_LOST', message: 'it hung up' },
  sessions: 0,
  connected: false,
  origin: { kind: 'file', file: '/r/web.json' },
  hubs: [],
};

const list = (listed: Partial<Listed>) =>
  renderList({ rows: [], hubs: [], refusals: [], directories: ['/r'], now: NOW, ...listed });

describe('the list', () => {
  it('shows why instances are not active', () => {
    const rows = [WEB, { ...WEB, state: 'dead' as const }];
    const [, active, dead] = list({ rows }).split('\n');
    expect(active).toBe('web   active  7778  -    web-1  /projects/web');
    expect(dead).toBe('web   dead    7778  -    web-1  /projects/web  it hung up');
  });

  it('shows refused files below, even without instances', () => {
    const origin = { kind: 'file', file: '/r/a\n.json' } as const;
    const text = list({ refusals: [{ origin, code: 'NOT_JSON', reason: 'not JSON' }] });
    expect(text).toContain('No instance is registered. Looked in:\n  /r\n');
    expect(text).toMatch(/\n\nREFUSED +BECAUSE\n\/r\/a\\u000a\.json +not JSON$/);
  });

  it('shows the hubs that see the instances, since when, and where they disagree', () => {
    const sighting = {
      state: 'active' as const,
      state_changed_at: '2026-11-22T09:58:00Z',
      last_error: null,
    };
    const last_error = { code: 'CONNECTION_REFUSED', message: 'nothing listens' };
    const hubs = [
      { ...sighting, pid: 5, agents: ['claude 2'], used_by: ['claude 2'] },
      { ...sighting, pid: 6, agents: [], used_by: [], state: 'dead' as const, last_error },
    ];
    const text = list({
      rows: [{ ...WEB, state_changed_at: '2026-11-22T09:58:00Z', hubs }],
      hubs: [
        { pid: 5, agents: ['claude 2'], directory: '/p', started: '2026-11-22T08:00:00Z' },
        { pid: 6, agents: [], directory: '/q', started: '2026-11-22T09:59:30Z' },
      ],
    });
    expect(text.split('\n')).toEqual([
      'NAME  STATE   SINCE  PORT  PID  ID     PATH           USED BY',
      'web   active  2 min  7778  -    web-1  /projects/web  claude 2 (5)  dead in hub 6, nothing listens',
      '',
      'HUB  AGENT     SINCE  DIRECTORY',
      '5    claude 2  2 h    /p',
      '6    -         30 s   /q',
    ]);
  });

  it('shows states in colour', () => {
    expect(paintState('active  ', 1)).toBe('\u001b[32mactive  \u001b[39m');
    expect(paintState('dead    ', 1)).toContain('\u001b[31m');
    expect(paintState('retrying', 1)).toContain('\u001b[33m');
    expect(paintState('STATE   ', 1)).toBe('STATE   ');
    expect(paintState('active', 0)).toBe('active');
  });
});
