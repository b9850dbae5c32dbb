import { expect, it } from '@jest/globals';
import { createLogger } from '../src/log.ts';

it('writes one line per message, with nothing in it that a name could forge', () => {
  const lines: string[] = [];
  const log = createLogger('info', (line) => lines.push(line));
  log.info('instance', { name: 'a\nb \u001b[31m\u202e', n: 1, empty: '' });
  log.debug('not this');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\d{4}-\S+Z info instance name="a\\\\u000ab \\\\u001b\[31m\\\\u202e" n=1 empty=""\n$/,
  );
});

it('is silent when told to, and never throws', () => {
  const lines: string[] = [];
  createLogger('silent', (line) => lines.push(line)).error('x');
  expect(lines).toEqual([]);
  const broken = createLogger('trace', () => {
    throw new Error('EPIPE');
  });
  expect(() => broken.error('x')).not.toThrow();
});
