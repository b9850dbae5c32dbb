import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkRefusedFiles } from '../../src/doctor/refused-files.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { register, temporaryDirectory, writeInOneStep } from '../helpers/registrations.ts';
import { observe } from '../registration/sources/observer.ts';

/** What the reader of registrations refuses. */
async function refusalsIn(directory: string) {
  const observer = observe({ directories: [directory] });
  afterTest(() => observer.stop());
  await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
  return { refusals: observer.refusals() };
}

describe('refused files', () => {
  it('have the reader’s reason, and a remedy for it', async () => {
    const directory = temporaryDirectory();
    const at = (name: string) => join(directory, name);
    register(directory, { id: 'a', port: 1 });
    writeInOneStep(at('b.json'), '{"id":"a","name":"b","path":"/b","port":1}');
    writeInOneStep(at('c.json'), '{');
    register(directory, { id: 'd', port: 0 });
    chmodSync(register(directory, { id: 'e', port: 1 }), 0o622);
    register(directory, { id: 'f', port: 1, url: 'http://example.test/mcp' });
    symlinkSync(at('a.json'), at('g.json'));
    const findings = checkRefusedFiles(await refusalsIn(directory));
    expect(findings.map(({ subject, says, remedy }) => [subject, says, remedy])).toEqual([
      [
        at('b.json'),
        `id a is already held by ${at('a.json')}`,
        expect.stringContaining('Remove one'),
      ],
      [at('c.json'), 'not JSON', expect.stringContaining('Fix the server')],
      [
        at('d.json'),
        expect.stringMatching(/^port: must/),
        expect.stringContaining('Fix the server'),
      ],
      [
        at('e.json'),
        expect.stringContaining('can be written by others'),
        `chmod go-w ${at('e.json')}`,
      ],
      [
        at('f.json'),
        expect.stringContaining('not a loopback host'),
        expect.stringContaining('--allow-host HOST'),
      ],
      [
        at('g.json'),
        'a symbolic link',
        expect.stringContaining('Replace the link with the file itself'),
      ],
    ]);
    for (const { check, level } of findings) expect([check, level]).toEqual(['refused', 'problem']);
  });

  it('are reported without directories, which have their own check', async () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o770);
    const given = await refusalsIn(directory);
    expect(given.refusals).toHaveLength(1);
    expect(checkRefusedFiles(given)).toMatchObject([{ level: 'ok', says: 'none is refused' }]);
  });
});
