import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '../../helpers/registrations.ts';
import { fields, observe, put } from './observer.ts';

const MANY = 3_000;

describe('files of one id', () => {
  it.each(['in order', 'in reverse'])(
    'that are removed together %s are not taken up one by one',
    async (order) => {
      const directory = temporaryDirectory();
      const files = Array.from({ length: MANY }, (_, n) =>
        join(directory, `${String(n).padStart(5, '0')}.json`),
      );
      for (const file of files) put(file, fields('same'));
      put(join(directory, 'last.json'), fields('last'));
      const observer = observe({ directories: [directory] });
      await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
      for (const file of order === 'in order' ? files : files.toReversed()) rmSync(file);
      put(join(directory, 'end.json'), fields('end'));
      await observer.until(() => observer.accepted('end').length > 0);
      const story = observer.storyOf('same');
      expect(story.at(-1)).toBe('removed');
      // A few may be read while the others are still there.
      expect(story.length).toBeLessThan(MANY / 20);
      await observer.stop();
    },
    30_000,
  );
});
