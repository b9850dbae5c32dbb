import fc from 'fast-check';

/** JSON text as no `JSON.stringify` writes it: blanks, numbers, escapes and doubled keys of every kind. */
export const { value, object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      ...['0', '-0', '1.0', '12345678901234567890', '1e400', '-0.10', '1E+2', '5e-325', 'null'],
    ),
    rawString(),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' ,')}]`),
    tie('object'),
  ),
  object: members(rawString(), tie('value')).map(([...pairs]) => joined(pairs)),
}));

/** A JSON string with escapes and characters that some readers stumble over. */
export function rawString() {
  const parts = [
    'a',
    'é',
    '😀',
    '\\u0041',
    '\\ud800',
    '\\/',
    '\\"',
    '\\\\',
    '\u2028',
    '}',
    '[',
    ':',
  ];
  return fc.array(fc.constantFrom(...parts), { maxLength: 4 }).map((all) => `"${all.join('')}"`);
}

/** A few members of an object. */
export function members(key: fc.Arbitrary<string>, of: fc.Arbitrary<string>) {
  return fc.array(fc.tuple(key, of), { maxLength: 3 });
}

/** The text of the object that has these members. */
export function joined(pairs: readonly (readonly [string, string])[]): string {
  return `{${pairs.map(([key, each]) => `${key}:${each}`).join(',')}}`;
}

const blank: fc.Arbitrary<string> = fc.constantFrom('', '', ' ', '\t ');
/** Whitespace between the tokens of a message that is not on one line. */
export const blankOrBreak: fc.Arbitrary<string> = fc.constantFrom('', '', ' \n', '\r\n\t');

/** Ids in every spelling; the last one can't be a number of JavaScript. */
export const rawId = fc.constantFrom(
  '7',
  '-3',
  '1.0',
  '2e1',
  '"a\\u0041"',
  '"7"',
  '""',
  '12345678901234567890123',
);
/** A progress token, or null. */
export const rawToken = fc.option(fc.constantFrom('5', '"t\\u0041"', '5.0', '""'));

/** A message of which the members stand in any order, among members that JSON-RPC doesn't know. */
export function frame(known: readonly (readonly [string, fc.Arbitrary<string>])[], space = blank) {
  const own = fc.tuple(...known.map(([key, each]) => fc.tuple(fc.constant(`"${key}"`), each)));
  const unknown = members(
    rawString().map((key) => `"x${key.slice(1)}`),
    value,
  );
  return fc
    .tuple(own, unknown)
    .chain(([some, others]) => {
      const all = [['"jsonrpc"', '"2.0"'] as const, ...some, ...others];
      return fc.shuffledSubarray(all, { minLength: all.length });
    })
    .chain((all) =>
      fc
        .tuple(space, space)
        .map(([a, b]) => `{${a}${all.map(([k, v]) => `${k}${b}: ${v}`).join(`${b},`)}}${a}`),
    );
}
