import { parse as parseToml, stringify as stringifyToml } from '@decimalturn/toml-patch';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonText } from '../../src/clients/json-text.ts';
import { tomlText } from '../../src/clients/toml-text.ts';
import { objectOf } from '../../src/wire/json.ts';

const ENTRY = { command: '/usr/bin/node', args: ['/opt/signalbox.js', 'hub'] };

const key = fc
  .oneof(fc.constantFrom('mcpServers', 'a', 'b c', '"', '\\', 'é', ''), fc.string({ maxLength: 5 }))
  .filter((each) => each !== 'signalbox' && each !== '__proto__');
const objects = fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });

/** An object as JSON with arbitrary whitespace, comments and trailing commas. */
const loosely = fc
  .record({
    other: objects,
    servers: fc.option(fc.dictionary(key, objects, { maxKeys: 3 }), { nil: undefined }),
    indent: fc.constantFrom('  ', '\t', '    ', ''),
    eol: fc.constantFrom('\n', '\r\n'),
    comment: fc.constantFrom('', ' // why', ' /* why */'),
    comma: fc.boolean(),
  })
  .map(({ other, servers, indent, eol, comment, comma }) => {
    const { mcpServers: _, ...rest } = other;
    const all = servers === undefined ? rest : { ...rest, mcpServers: servers };
    if (indent === '') return { all, text: JSON.stringify(all) };
    // This never matches inside a string, because JSON strings contain no line endings.
    const text = JSON.stringify(all, null, indent)
      .replace(/([\]}"\dle])\n/g, comma ? `$1,${comment}\n` : `$1${comment}\n`)
      .replace(/,\n/g, `,${comment}\n`)
      .replaceAll('\n', eol);
    return { all, text };
  })
  .filter(({ text }) => {
    try {
      jsonText.read(text, 'mcpServers');
      return true;
    } catch {
      return false;
    }
  });

describe('adding and removing the entry in any configuration', () => {
  it('in JSON changes nothing else, and removing it restores the text', () => {
    fc.assert(
      fc.property(loosely, ({ text }) => {
        const before = jsonText.read(text, 'mcpServers');
        const known = Object.keys(objectOf(before['mcpServers']));
        const added = jsonText.set(text, 'mcpServers', 'signalbox', ENTRY);
        expect(jsonText.read(added, 'mcpServers')).toEqual({
          ...before,
          mcpServers: { ...objectOf(before['mcpServers']), signalbox: ENTRY },
        });
        const removed = jsonText.remove(added, 'mcpServers', 'signalbox');
        if (known.length > 0) expect(removed).toBe(text);
        const { mcpServers: _, ...rest } = before;
        expect(jsonText.read(removed, 'mcpServers')).toEqual(known.length > 0 ? before : rest);
      }),
      { numRuns: 1_000 },
    );
  });

  const tables = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,4}$/).filter((each) => each !== 'signalbox'),
    fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.string({ maxLength: 6 }),
      fc.array(fc.integer(), { maxLength: 3 }),
    ),
    { maxKeys: 4 },
  );
  const settings = fc.record({
    top: tables,
    servers: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tables, { maxKeys: 3 }),
  });

  it('in TOML changes nothing else, and removing it restores the data', () => {
    fc.assert(
      fc.property(settings, ({ top, servers }) => {
        const { mcp_servers: _, ...rest } = { mcp_servers: null, ...top };
        const has = Object.keys(servers).length > 0;
        const text = stringifyToml(has ? { ...rest, mcp_servers: servers } : rest);
        const added = tomlText.set(text, 'mcp_servers', 'signalbox', ENTRY);
        expect(JSON.stringify(parseToml(added))).toBe(
          JSON.stringify({
            ...parseToml(text),
            mcp_servers: { ...(has ? parseToml(text)['mcp_servers'] : {}), signalbox: ENTRY },
          }),
        );
        const removed = tomlText.remove(added, 'mcp_servers', 'signalbox');
        expect(JSON.stringify(parseToml(removed))).toBe(JSON.stringify(parseToml(text)));
      }),
      { numRuns: 200 },
    );
  });
});
