import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from '@jest/globals';
import { makeChange, planChange } from '../../src/clients/change.ts';
import { CLIENTS } from '../../src/clients/clients.ts';
import { home } from '../helpers/home.ts';

it('a configuration that changes after the preview is not written', async () => {
  const cursor = CLIENTS.find(({ name }) => name === 'cursor');
  if (cursor === undefined) throw new Error('no such client');
  const { put } = home();
  const file = put('.cursor/mcp.json', '{}\n');
  const change = await planChange(
    cursor,
    { file, project: null },
    { command: 'node', args: ['hub'] },
  );
  writeFileSync(file, '{"a": 1}\n');
  await expect(makeChange(change)).rejects.toThrow(
    `${file} has changed in the meantime: nothing was written. Run the command again.`,
  );
  expect(readFileSync(file, 'utf8')).toBe('{"a": 1}\n');
  expect(readdirSync(dirname(file))).toEqual(['mcp.json']);
});
