import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from '@jest/globals';
import { BUDGETS } from '../src/budgets.ts';
import { createLogger, linesTo } from '../src/log.ts';
import { LogLimit } from '../src/log-limit.ts';

it('writes one line per message and escapes control characters', () => {
  const lines: string[] = [];
  const log = createLogger('info', (line) => lines.push(line));
  log.info('instance', { name: 'a\nb \u001b[31m\u202e', n: 1, empty: '' });
  log.debug('not this');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\d{4}-\S+Z info instance name="a\\\\u000ab \\\\u001b\[31m\\\\u202e" n=1 empty=""\n$/,
  );
});

it('writes nothing at level silent, and never throws', () => {
  const lines: string[] = [];
  createLogger('silent', (line) => lines.push(line)).error('x');
  expect(lines).toEqual([]);
  const broken = createLogger('trace', () => {
    throw new Error('EPIPE');
  });
  expect(() => broken.error('x')).not.toThrow();
});

it('limits lines of one kind about one instance', () => {
  const lines: string[] = [];
  const log = createLogger('debug', (line) => lines.push(line));
  for (let n = 0; n < 5_000; n += 1) log.warn('dropped', { instance: 'one', n });
  expect(lines).toHaveLength(BUDGETS.logBurst.value);
  log.warn('dropped', { instance: 'two' });
  log.warn('something else', { instance: 'one' });
  expect(lines).toHaveLength(BUDGETS.logBurst.value + 2);
});

it('counts the omitted lines', () => {
  let now = 0;
  const limit = new LogLimit(() => now);
  const taken = Array.from({ length: 1_000 }, () => limit.take('a'));
  expect(taken.filter((omitted) => omitted === 0)).toHaveLength(BUDGETS.logBurst.value);
  now += BUDGETS.logInterval.value;
  expect(limit.take('a')).toBe(1_000 - BUDGETS.logBurst.value);
  expect(limit.take('a')).toBeNull();
});

it('drops lines while the stream is not read, and says how many', async () => {
  const stream = new PassThrough({ highWaterMark: 1_000 });
  const write = linesTo(stream);
  for (let n = 0; n < 1_000; n += 1) write(`${'x'.repeat(99)}\n`);
  let read = '';
  stream.on('data', (chunk) => {
    read += chunk;
  });
  await once(stream, 'drain');
  write('more\n');
  stream.end();
  await once(stream, 'end');
  const [, counted] =
    /^(?:x{99}\n)+(\d+) lines were dropped: the log was not read\nmore\n$/.exec(read) ?? [];
  const written = read.split('x'.repeat(99)).length - 1;
  expect(written).toBeLessThan(30);
  expect(Number(counted)).toBe(1_000 - written);
});
