import { describe, expect, it } from '@jest/globals';
import { Redaction } from '../src/redaction.ts';

const SECRET = 'correct-horse-battery';

describe('credentials are removed', () => {
  it.each([
    ['from the value of a key', { registration: { token: SECRET } }],
    ['from headers', { Authorization: `Bearer ${SECRET}`, cookie: SECRET }],
    ['from nested lists', [[{ a: [{ apiKey: SECRET }] }]]],
    ['that are not strings', { secret: { parts: [SECRET] } }],
    ['after an authentication scheme', { message: `401: Bearer ${SECRET} is not known here` }],
    ['from the query of a URL', { url: `http://127.0.0.1:1/mcp?key=${SECRET}` }],
    ['from the query of a path', { endpoint: { path: `/mcp?key=${SECRET}` } }],
    ['from the user part of a URL', { message: `GET https://me:${SECRET}@localhost/ failed` }],
    ['from errors', new Error(`refused: Bearer ${SECRET}`)],
    [
      'from arguments and results of calls',
      { params: { arguments: { text: SECRET } }, result: [SECRET] },
    ],
  ])('%s', (_, value) => {
    const clean = new Redaction().clean(value);
    expect(JSON.stringify(clean)).not.toContain(SECRET);
    expect(JSON.stringify(clean)).toContain('‹removed 1›');
  });

  it('wherever a known secret appears again, as a key or within a text', () => {
    const redaction = new Redaction();
    redaction.clean({ token: SECRET });
    expect(redaction.clean({ message: `"${SECRET}" is wrong`, [SECRET]: 1 })).toEqual({
      message: '"‹removed 1›" is wrong',
      '‹removed 1›': 1,
    });
  });

  it('so that changes remain visible', () => {
    const redaction = new Redaction();
    const marks = ['one-secret', 'another-one', 'one-secret'].map((token) =>
      redaction.clean({ token }),
    );
    expect(marks).toEqual([
      { token: '‹removed 1›' },
      { token: '‹removed 2›' },
      { token: '‹removed 1›' },
    ]);
  });

  it('while other data is kept, and values that are not data become null', () => {
    const value = { id: '__proto__', path: '/home/me/web', n: 1, list: [true, null], token: null };
    expect(new Redaction().clean(value)).toEqual(value);
    expect(new Redaction().clean({ a: undefined, b: () => {}, c: 1n })).toEqual({
      a: null,
      b: null,
      c: null,
    });
  });

  it('from the value of a key only, if they are very short', () => {
    const redaction = new Redaction();
    expect(redaction.clean({ token: 'on', reason: 'connection lost' })).toEqual({
      token: '‹removed 1›',
      reason: 'connection lost',
    });
  });
});
