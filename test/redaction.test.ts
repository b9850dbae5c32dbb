import { describe, expect, it } from '@jest/globals';
import { Redaction } from '../src/redaction.ts';

const SECRET = 'correct-horse-battery';

describe('what is shown or kept has no credentials in it', () => {
  it.each([
    ['under its key', { registration: { token: SECRET } }],
    ['under the key of a header', { Authorization: `Bearer ${SECRET}`, cookie: SECRET }],
    ['deep in lists', [[{ a: [{ apiKey: SECRET }] }]]],
    ['that is no text', { secret: { parts: [SECRET] } }],
    ['after a scheme', { message: `401: Bearer ${SECRET} is not known here` }],
    ['in the query of a URL', { url: `http://127.0.0.1:1/mcp?key=${SECRET}` }],
    ['in the query of a path', { endpoint: { path: `/mcp?key=${SECRET}` } }],
    ['in the user of a URL', { message: `GET https://me:${SECRET}@localhost/ failed` }],
    ['in an error', new Error(`refused: Bearer ${SECRET}`)],
    ['in what is called', { params: { arguments: { text: SECRET } }, result: [SECRET] }],
  ])('%s', (_, value) => {
    const clean = new Redaction().clean(value);
    expect(JSON.stringify(clean)).not.toContain(SECRET);
    expect(JSON.stringify(clean)).toContain('‹removed 1›');
  });

  it('also where a secret that was seen under its key comes again, as a key or within a text', () => {
    const redaction = new Redaction();
    redaction.clean({ token: SECRET });
    expect(redaction.clean({ message: `"${SECRET}" is wrong`, [SECRET]: 1 })).toEqual({
      message: '"‹removed 1›" is wrong',
      '‹removed 1›': 1,
    });
  });

  it('whether it changed can still be told', () => {
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

  it('and all else is as it was, data that is none apart', () => {
    const value = { id: '__proto__', path: '/home/me/web', n: 1, list: [true, null], token: null };
    expect(new Redaction().clean(value)).toEqual(value);
    expect(new Redaction().clean({ a: undefined, b: () => {}, c: 1n })).toEqual({
      a: null,
      b: null,
      c: null,
    });
  });

  it('a secret as short as a syllable is removed at its own key and leaves words alone', () => {
    const redaction = new Redaction();
    expect(redaction.clean({ token: 'on', reason: 'connection lost' })).toEqual({
      token: '‹removed 1›',
      reason: 'connection lost',
    });
  });
});
