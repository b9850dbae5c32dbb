import { describe, expect, it } from '@jest/globals';
import { answeredBy, textOf } from '../../src/wire/frame.ts';

/** In pieces of `size` bytes. */
function cut(text: string, size: number): Buffer[] {
  const all = Buffer.from(text);
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
    all.subarray(n * size, (n + 1) * size),
  );
}

const filling = 'ü{"id":9}'.repeat(1_000);

describe('a frame that stays in bytes', () => {
  it.each([
    ['1', JSON.stringify({ jsonrpc: '2.0', id: 1, result: { filling } })],
    ['-7', JSON.stringify({ result: { filling }, jsonrpc: '2.0', id: -7 })],
    ['"a"', JSON.stringify({ result: { filling }, jsonrpc: '2.0', id: 'a' })],
  ])('is known as the answer to %s by its ends', (id, text) => {
    for (const size of [400, 1_024, 100_000]) expect(answeredBy(cut(text, size))).toBe(id);
    expect(textOf(cut(text, 333))).toBe(text);
  });

  it.each([
    ['an error', JSON.stringify({ error: { filling }, jsonrpc: '2.0', id: 1 })],
    ['a request', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'x', params: { filling } })],
    ['an id inside the result', JSON.stringify({ result: { filling, jsonrpc: '2.0', id: 1 } })],
    ['an id with an escape', JSON.stringify({ jsonrpc: '2.0', id: '"', result: { filling } })],
    ['lines', JSON.stringify({ jsonrpc: '2.0', id: 1, result: { filling } }, null, 1)],
    ['half of it', JSON.stringify({ jsonrpc: '2.0', id: 1, result: { filling } }).slice(0, -9)],
    ['nothing', ''],
  ])('has to be looked into when it is %s', (_, text) => {
    expect(answeredBy(cut(text, 1_000))).toBeNull();
  });
});
