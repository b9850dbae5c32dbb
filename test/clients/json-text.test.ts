import { describe, expect, it } from '@jest/globals';
import { jsonText } from '../../src/clients/json-text.ts';

const ENTRY = { command: '/usr/bin/node', args: ['/opt/signalbox.js', 'hub'] };
const set = (text: string) => jsonText.set(text, 'mcpServers', 'signalbox', ENTRY);
const remove = (text: string) => jsonText.remove(text, 'mcpServers', 'signalbox');

/** The lines of the entry after the indentation `indent`, with levels of `unit`. */
const entry = (indent: string, unit = '  ') =>
  [
    '"signalbox": {',
    `${unit}"command": "/usr/bin/node",`,
    `${unit}"args": [`,
    `${unit}${unit}"/opt/signalbox.js",`,
    `${unit}${unit}"hub"`,
    `${unit}]`,
    '}',
  ].join(`\n${indent}`);

describe('the entry in JSON', () => {
  it.each([
    ['an empty file', '', `{\n  "mcpServers": {\n    ${entry('    ')}\n  }\n}\n`],
    ['no settings', '{}\n', `{\n  "mcpServers": {\n    ${entry('    ')}\n  }\n}\n`],
    [
      'other settings',
      '{\n  "theme": "dark"\n}\n',
      `{\n  "theme": "dark",\n  "mcpServers": {\n    ${entry('    ')}\n  }\n}\n`,
    ],
    [
      'other servers, one per line',
      '{\n  "mcpServers": {\n    "docs": { "url": "http://x" }\n  },\n  "a": 1\n}',
      `{\n  "mcpServers": {\n    "docs": { "url": "http://x" },\n    ${entry('    ')}\n  },\n  "a": 1\n}`,
    ],
    [
      'comments and trailing commas',
      '{\n  // mine\n  "mcpServers": {\n    "docs": {}, // the docs\n    // no more\n  }, /* end */\n}\n',
      `{\n  // mine\n  "mcpServers": {\n    "docs": {}, // the docs\n    ${entry('    ')},\n    // no more\n  }, /* end */\n}\n`,
    ],
    [
      'a comment after the last server',
      '{\n  "mcpServers": {\n    "docs": {} // the docs\n  }\n}\n',
      `{\n  "mcpServers": {\n    "docs": {}, // the docs\n    ${entry('    ')}\n  }\n}\n`,
    ],
    [
      'tabs',
      '{\n\t"mcpServers": {\n\t\t"docs": {}\n\t}\n}\n',
      `{\n\t"mcpServers": {\n\t\t"docs": {},\n\t\t${entry('\t\t', '\t')}\n\t}\n}\n`,
    ],
    [
      'an empty list of servers with a comment',
      '{\n  "mcpServers": {\n    // none yet\n  }\n}\n',
      `{\n  "mcpServers": {\n    // none yet\n    ${entry('    ')}\n  }\n}\n`,
    ],
    [
      'everything on one line',
      '{"mcpServers":{"docs":{}},"a":1}',
      '{"mcpServers":{"docs":{}, "signalbox": {"command":"/usr/bin/node","args":["/opt/signalbox.js","hub"]}},"a":1}',
    ],
    [
      'Windows line endings',
      '{\r\n  "mcpServers": {\r\n    "docs": {}\r\n  }\r\n}\r\n',
      `{\r\n  "mcpServers": {\r\n    "docs": {},\r\n    ${entry('    ').replaceAll('\n', '\r\n')}\r\n  }\r\n}\r\n`,
    ],
  ])('is added to %s without other changes', (_, before, after) => {
    expect(set(before)).toBe(after);
    expect(set(after)).toBe(after);
  });

  it.each([
    '{\n  "theme": "dark"\n}\n',
    '{\n  "mcpServers": {\n    "docs": {}, // the docs\n    // no more\n  }, /* end */\n}\n',
    '{\n  "mcpServers": {\n    "docs": {} // the docs\n  }\n}\n',
    '{"mcpServers":{"docs":{}},"a":1}',
    '{\r\n  "mcpServers": {\r\n    "docs": {}\r\n  }\r\n}\r\n',
    '{\n\t"a": [1,2,  3]   ,\n\t"mcpServers" : { "x":{} }\n}',
  ])('is removed without a trace: %j', (text) => {
    expect(remove(set(text))).toBe(text);
  });

  it('is removed from between other entries', () => {
    const text =
      '{\n  "mcpServers": {\n    "a": {},\n    "signalbox": {\n      "command": "x"\n    },\n    "b": {}\n  }\n}\n';
    expect(remove(text)).toBe('{\n  "mcpServers": {\n    "a": {},\n    "b": {}\n  }\n}\n');
    expect(remove('{"mcpServers":{"signalbox":{},"b":{}}}')).toBe('{"mcpServers":{"b":{}}}');
  });

  it('is removed together with the servers key if it was the only entry', () => {
    expect(remove(set('{}'))).toBe('{}');
    expect(remove(set(''))).toBe('{}\n');
    expect(remove('{"a":1,"mcpServers":{"signalbox":{}}}')).toBe('{"a":1}');
  });

  it('is corrected, and members added by the user are kept', () => {
    const text =
      '{\n  "mcpServers": {\n    "signalbox": {\n      "command": "old", // was\n      "env": { "A": "1" },\n      "timeout": 5\n    },\n    "b": {}\n  }\n}\n';
    expect(set(text)).toBe(
      '{\n  "mcpServers": {\n    "signalbox": {\n      "command": "/usr/bin/node", // was\n      "env": { "A": "1" },\n      "timeout": 5,\n      "args": [\n        "/opt/signalbox.js",\n        "hub"\n      ]\n    },\n    "b": {}\n  }\n}\n',
    );
  });

  it('replaces a value that is not an entry', () => {
    expect(set('{"mcpServers":{"signalbox":null}}')).toBe(
      '{"mcpServers":{"signalbox":{"command":"/usr/bin/node","args":["/opt/signalbox.js","hub"]}}}',
    );
  });
});

describe('invalid JSON is refused with its position', () => {
  it.each([
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: comma expected'],
    ['{\n  "mcpServers": {', 'line 2, column 18: close brace expected'],
    ['[]', 'line 1, column 1: not an object'],
    ['{"mcpServers": []}', 'line 1, column 16: "mcpServers" is not an object'],
    ['{"mcpServers": {},\n "mcpServers": {}}', 'line 2, column 2: duplicate key "mcpServers"'],
    ['{"mcpServers": {"x":{}, "x":{}}}', 'line 1, column 25: duplicate key "x"'],
    ["{'a': 1}", 'line 1, column 2: invalid symbol'],
  ])('%j', (text, message) => {
    expect(() => jsonText.read(text, 'mcpServers')).toThrow(message);
  });
});
