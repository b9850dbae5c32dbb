import { describe, expect, it } from '@jest/globals';
import { CLIENTS } from '../../src/clients/clients.ts';
import { checkClients } from '../../src/doctor/clients.ts';

const [client] = CLIENTS;
if (client === undefined) throw new Error('no clients');
const config = {
  client,
  isOfProject: false,
  file: '/home/me/.claude.json',
  hasEntry: true,
  problem: null,
};

describe('the check of the configurations of agents', () => {
  it.each([
    ['one that starts the hub', config, 'ok', null],
    ['one that does not', { ...config, hasEntry: false }, 'note', 'signalbox install claude-code'],
    [
      'one that starts what is not there',
      { ...config, problem: 'its entry starts what is not there: /x' },
      'problem',
      'signalbox install claude-code',
    ],
    [
      'one of a project that does',
      { ...config, isOfProject: true, problem: 'its entry starts what is not there: /x' },
      'problem',
      'signalbox install claude-code --project',
    ],
    [
      'a broken one',
      { ...config, hasEntry: false, problem: 'line 1, column 2: close brace expected' },
      'problem',
      'Fix the file: Claude Code reads it, too.',
    ],
  ])('tells of %s', (_, each, level, remedy) => {
    expect(checkClients({ configs: [each] })).toMatchObject([
      { check: 'clients', level, subject: each.file, remedy },
    ]);
  });

  it('reports that there is none', () => {
    expect(checkClients({ configs: [] })).toMatchObject([{ level: 'note', subject: 'agents' }]);
  });
});
