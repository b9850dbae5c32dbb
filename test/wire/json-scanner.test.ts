import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { envelopeOf, readEnvelope } from '../../src/wire/envelope.ts';
import { JsonScanner } from '../../src/wire/json-scanner.ts';

/** Scans bytes in chunks of these lengths, repeatedly. */
function scan(bytes: Buffer, lengths: readonly number[]) {
  const scanner = new JsonScanner();
  let turn = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = lengths[turn % lengths.length] ?? 1;
    // Copies the chunk, so that words are read at any alignment.
    scanner.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
    turn += 1;
  }
  return { isValid: scanner.end(), scanner };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 });
const run = fc
  .tuple(
    fc.constantFrom('x', 'ü', '€', '😀', '\\"', '\n', ' '),
    fc.constantFrom(0, 1, 47, 48, 49, 200, 17_000),
  )
  .map(([char, count]) => char.repeat(count));
const strings = fc.oneof(
  run,
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString()),
);
const values = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    strings,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('id', 'method', 'a', '"', 'ü', 'result'), tie('any')),
  ),
})).any;

describe('JsonScanner', () => {
  it('accepts what JSON.parse accepts, split anywhere', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0, 1, 2), lengths, (value, indent, cuts) => {
        const text = JSON.stringify(value, null, indent);
        expect(scan(Buffer.from(text), cuts).isValid).toBe(true);
      }),
    );
  });

  it('rejects what JSON.parse rejects, wherever the error is', () => {
    const junk = fc.constantFrom(
      '',
      'x',
      ',',
      ':',
      '"',
      '\\',
      '\u0001',
      '\n',
      '0',
      '.',
      '-',
      ']',
      '}',
      '[',
      '{',
      'nul',
      '\\u12',
      '\t',
      '\u00a0',
    );
    fc.assert(
      fc.property(values, junk, fc.nat(), fc.nat(3), lengths, (value, bad, place, gone, cuts) => {
        const text = JSON.stringify(value);
        const at = place % (text.length + 1);
        const broken = Buffer.from(text.slice(0, at) + bad + text.slice(at + gone)).toString();
        expect(scan(Buffer.from(broken), cuts).isValid).toBe(isJson(broken));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '',
    ' ',
    '01',
    '-',
    '1.',
    '.1',
    '1e',
    '1e+',
    '+1',
    '00',
    '-01',
    'tru',
    'nulll',
    '"',
    '"\\x"',
    '"\\u12g4"',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    '[1 2]',
    '1 2',
    '[}',
    '{]',
    '\u00a01',
    '"\u0000"',
    '1',
    '-0',
    '0.5E-3',
    ' [ ] ',
    '{ }',
    '"\\ud800"',
  ])('agrees with JSON.parse about %j', (text) => {
    expect(scan(Buffer.from(text), [1]).isValid).toBe(isJson(text));
  });

  it('rejects invalid UTF-8, split anywhere', () => {
    const wrong = fc.constantFrom(
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x80],
    );
    fc.assert(
      fc.property(wrong, run, run, lengths, (bytes, before, after, cuts) => {
        const text = (part: string) => Buffer.from(JSON.stringify(part).slice(1, -1));
        const whole = [
          Buffer.from('{"a":"'),
          text(before),
          Buffer.from(bytes),
          text(after),
          Buffer.from('"}'),
        ];
        expect(scan(Buffer.concat(whole), cuts).isValid).toBe(false);
      }),
    );
  });

  it('needs no recursion for deeply nested text', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const text = `${open.repeat(500_000)}1${close.repeat(500_000)}`;
      expect(scan(Buffer.from(text), [65_536]).isValid).toBe(true);
      expect(scan(Buffer.from(`${text}]`), [65_536]).isValid).toBe(false);
    }
  });
});

describe('the result of scanning a message', () => {
  const member = fc.oneof(
    fc.tuple(
      fc.constantFrom('"id"', '"i\\u0064"', '"ID"'),
      fc.constantFrom(
        '1',
        '"a"',
        '{}',
        '[]',
        '-0',
        '1.0',
        'null',
        '12345678901234567890',
        '"\\u0061"',
        'true',
      ),
    ),
    fc.tuple(
      fc.constantFrom('"method"', '"Method"'),
      fc.constantFrom('"ping"', '5', 'null', '{"a":1}'),
    ),
    fc.tuple(
      fc.constantFrom('"result"', '"error"', '"params"', '"x"', '"re\u017fult"'),
      fc.constantFrom('{}', '{"id":9,"method":"x"}', '[1]', '"id"'),
    ),
  );

  it('is the same at every size and in every chunk', () => {
    fc.assert(
      fc.property(fc.array(member, { maxLength: 6 }), fc.nat(6), lengths, (members, at, cuts) => {
        const all = members.map(([key, value]) => `${key}:${value}`);
        const frame = (...more: string[]) =>
          `{${[...all.slice(0, at), ...more, ...all.slice(at)].join(',')}}`;
        const short = readEnvelope(frame());
        expect(short).not.toBeNull();
        for (const size of [17_000, 140_000]) {
          const long = frame(`"pad":"${'x'.repeat(size)}"`);
          expect(readEnvelope(long)).toEqual(short);
          const { isValid, scanner } = scan(Buffer.from(long), size > 20_000 ? [65_536, 7] : cuts);
          expect(isValid && envelopeOf(scanner)).toEqual(short);
        }
      }),
    );
  });

  it.each([
    '{"id":5,"result":{},"id":6}',
    '{"id":5,"result":{},"i\\u0064":6}',
    '{"id":5,"result":{},"ID":6}',
    '{"id":5,"result":{},"re\u017fult":6}',
    '{"id":5,"result":{},"method":"sampling/createMessage"}',
    '{"id":5,"error":{},"method":"x"}',
    '{"id":5,"method":7}',
    '{"id":5,"method":{}}',
  ])('says that %s is ambiguous', (frame) => {
    expect(readEnvelope(frame)?.isAmbiguous).toBe(true);
    expect(readEnvelope(`${frame.slice(0, -1)},"pad":"${'x'.repeat(17_000)}"}`)?.isAmbiguous).toBe(
      true,
    );
  });

  it.each([
    '{"id":5,"result":{"id":6,"method":"x"}}',
    '{"jsonrpc":"2.0","id":5,"method":"x","params":{"id":1}}',
    '{"id":1,"result":null,"x":1,"x":2}',
  ])('says that %s is not ambiguous', (frame) => {
    expect(readEnvelope(frame)?.isAmbiguous).toBe(false);
  });
});
