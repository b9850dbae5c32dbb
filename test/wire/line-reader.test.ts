import { describe, expect, it } from '@jest/globals';
import { LineReader } from '../../src/wire/line-reader.ts';

function read(chunks: readonly (string | Buffer)[], maxBytes = 1_000) {
  const lines: string[] = [];
  const oversize: { bytes: number; head: string; tail: string }[] = [];
  const reader = new LineReader({
    maxBytes,
    onLine: (line) => lines.push(line),
    onOversize: (line) => oversize.push(line),
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return { lines, oversize };
}

describe('LineReader', () => {
  it('splits lines, wherever the chunks end', () => {
    const text = '{"a":"é€😀"}\r\n\n  \n{"b":2}\nlast';
    const bytes = Buffer.from(text);
    for (let split = 0; split <= bytes.length; split += 1) {
      const { lines } = read([bytes.subarray(0, split), bytes.subarray(split)]);
      expect(lines).toEqual(['{"a":"é€😀"}', '{"b":2}', 'last']);
    }
  });

  it('removes a byte-order mark from the first line', () => {
    expect(read(['\ufeff{}\n{}\ufeff']).lines).toEqual(['{}', '{}\ufeff']);
  });

  it('accepts invalid UTF-8', () => {
    expect(read([Buffer.from([0x22, 0xff, 0x22, 0x0a])]).lines).toEqual(['"\ufffd"']);
  });

  it('reports the start and end of a line that is too long, and reads the next', () => {
    const long = `{"id":7,${'x'.repeat(20_000)}}`;
    const { lines, oversize } = read([long.slice(0, 5_000), long.slice(5_000), '\nnext\n'], 10_000);
    expect(lines).toEqual(['next']);
    expect(oversize).toHaveLength(1);
    expect(oversize[0]?.bytes).toBe(long.length);
    expect(oversize[0]?.head.startsWith('{"id":7,')).toBe(true);
    expect(oversize[0]?.tail.endsWith('x}')).toBe(true);
  });

  it('accepts a line of exactly the maximum length', () => {
    expect(read(['12345\n', '123456\n'], 5)).toMatchObject({
      lines: ['12345'],
      oversize: [{ bytes: 6 }],
    });
  });
});
