import { describe, expect, it } from '@jest/globals';
import { paintState, renderList } from '../../src/cli/list.ts';
import type { InstanceRow } from '../../src/views/instance-row.ts';

const WEB: InstanceRow = {
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
};

describe('the list', () => {
  it('gives the reason of those that are not active', () => {
    const rows = [WEB, { ...WEB, state: 'dead' as const }];
    const [, active, dead] = renderList(rows, [], []).split('\n');
    expect(active).toBe('web   active  7778  -    web-1  /projects/web');
    expect(dead).toBe('web   dead    7778  -    web-1  /projects/web  it hung up');
  });

  it('has refused files below, also when nothing else is there', () => {
    const origin = { kind: 'file', file: '/r/a\n.json' } as const;
    const list = renderList([], [{ origin, code: 'NOT_JSON', reason: 'not JSON' }], ['/r']);
    expect(list).toContain('No instance is registered. Looked in:\n  /r\n');
    expect(list).toMatch(/\n\nREFUSED +BECAUSE\n\/r\/a\\u000a\.json +not JSON$/);
  });

  it('shows states in colour', () => {
    expect(paintState('active  ', 1)).toBe('\u001b[32mactive  \u001b[39m');
    expect(paintState('dead    ', 1)).toContain('\u001b[31m');
    expect(paintState('retrying', 1)).toContain('\u001b[33m');
    expect(paintState('STATE   ', 1)).toBe('STATE   ');
    expect(paintState('active', 0)).toBe('active');
  });
});
