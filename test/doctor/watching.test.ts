import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkWatching } from '../../src/doctor/watching.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';

const onLinux = process.platform === 'linux' ? it : it.skip;

/** Fails as the system does when a limit is met, which can't be done to a machine that others use. */
const failing = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

function limitsOf(watches: string, instances: string): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'max_user_watches'), watches);
  writeFileSync(join(directory, 'max_user_instances'), instances);
  return directory;
}

describe('watching', () => {
  onLinux('is tried, and the limits are told', async () => {
    const directory = temporaryDirectory();
    const findings = await checkWatching({
      areNamed: true,
      directories: [directory, join(directory, 'none')],
    });
    expect(findings).toMatchObject([
      { level: 'ok', subject: directory, says: 'can be watched' },
      { level: 'ok', says: expect.stringMatching(/^max_user_watches is \d+, .*instances is \d+$/) },
    ]);
  });

  it.each([
    ['ENOSPC', 'sudo sysctl fs.inotify.max_user_watches=16384'],
    ['EMFILE', 'sudo sysctl fs.inotify.max_user_instances=256'],
    ['ENOSYS', 'on a file system that can be watched'],
  ])('that fails with %s has a remedy', async (code, remedy) => {
    const [finding] = await checkWatching({
      areNamed: true,
      directories: [temporaryDirectory()],
      tryToWatch: failing(code),
      limits: limitsOf('8192\n', '128\n'),
    });
    expect(finding).toMatchObject({
      level: 'problem',
      says: expect.stringContaining(`(${code})`),
      remedy: expect.stringContaining(remedy),
    });
  });

  it('is reported without limits if the system has none', async () => {
    const limits = join(temporaryDirectory(), 'none');
    const findings = await checkWatching({
      areNamed: true,
      directories: [temporaryDirectory()],
      tryToWatch: failing('EMFILE'),
      limits,
    });
    expect(findings).toMatchObject([{ remedy: expect.stringContaining('ulimit -n') }]);
    expect(
      await checkWatching({ areNamed: true, directories: [], limits: limitsOf('x', '') }),
    ).toEqual([]);
  });
});
