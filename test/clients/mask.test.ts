import { stringify as stringifyToml } from '@decimalturn/toml-patch';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskJson } from '../../src/clients/json-mask.ts';
import { maskToml } from '../../src/clients/toml-mask.ts';

const isOwn = (path: readonly string[]) =>
  path[0] === 'servers' && path[1] === 'signalbox' && ['command', 'args'].includes(path[2] ?? '');

/** Differs from all keys, numbers and masks in these tests. */
const SECRET = 's3cr3t';
const secret = fc.string({ maxLength: 8 }).map((text) => `${text}${SECRET}${text}`);
const value = fc.oneof(
  secret,
  fc.array(secret, { maxLength: 3 }),
  fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), secret, { maxKeys: 3 }),
);
const others = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.dictionary(fc.stringMatching(/^[A-Z]{1,6}$/), value, { maxKeys: 3 }),
  { maxKeys: 4 },
);
const own = { command: '/usr/bin/node', args: ['hub', '--settle'], env: { KEY: `x${SECRET}` } };
const configurations = fc.tuple(others, others, value).map(([top, servers, more]) => ({
  ...top,
  more: { more },
  servers: { ...servers, signalbox: own },
}));

describe('a masked configuration', () => {
  it('in JSON shows only the values of the own entry', () => {
    fc.assert(
      fc.property(configurations, fc.constantFrom(undefined, 2), (config, indent) => {
        const text = `// ${SECRET}\n${JSON.stringify(config, null, indent)} /* ${SECRET}\n${SECRET} */`;
        const masked = maskJson(text, isOwn);
        expect(masked).not.toContain(SECRET);
        for (const shown of ['"/usr/bin/node"', '"hub"', '"--settle"', '"KEY"']) {
          expect(masked).toContain(shown);
        }
        expect(masked.split('\n').length).toBe(text.split('\n').length);
      }),
    );
  });

  it('in TOML shows only the values of the own entry', () => {
    fc.assert(
      fc.property(configurations, (config) => {
        const text = `# ${SECRET}\n${stringifyToml(config)}`;
        const masked = maskToml(text, isOwn);
        expect(masked).not.toContain(SECRET);
        for (const shown of ['"/usr/bin/node"', '"hub"', '"--settle"', 'KEY']) {
          expect(masked).toContain(shown);
        }
        expect(masked.split('\n').length).toBe(text.split('\n').length);
      }),
    );
  });

  it.each([
    ['a multi-line string', 'a = """\n[servers.signalbox]\ncommand = "s3cr3t"\n"""\n'],
    ['a multi-line literal string', "a = '''\n[servers.signalbox]\ncommand = 's3cr3t'\n'''\n"],
    ['quotes at the end of a string', 'a = """s3cr3t"""""\nb = "s3cr3t"\n'],
    ['an escaped quote', 'a = "\\"s3cr3t\\" # s3cr3t"\n'],
    ['a multi-line array', 'a = [\n  "s3cr3t", # s3cr3t\n  { b = "s3cr3t" },\n]\n'],
    ['numbers and dates', 'a = 4.2e1\nb = 1979-05-27T07:32:00Z\nc = +4_2\n'],
    ['an inline table', 'servers = { signalbox = { env = { A = "s3cr3t" } }, x = "s3cr3t" }\n'],
    ['dotted keys', 'servers.signalbox.env.A = "s3cr3t"\n"servers".x."command" = "s3cr3t"\n'],
    [
      'a table after the own entry',
      '[servers.signalbox.env]\ncommand = "s3cr3t"\n[b]\nargs = "s3cr3t"\n',
    ],
    ['CRLF', 'a = "s3cr3t"\r\n# s3cr3t\r\nb = ["s3cr3t"]\r\n'],
  ])('in TOML masks %s', (_, text) => {
    const masked = maskToml(text, isOwn);
    expect(masked).not.toMatch(/s3cr3t|4|1979|4_2/);
    expect(masked.split('\n').length).toBe(text.split('\n').length);
  });

  it.each([
    ['servers = { signalbox = { command = "shown", env = { A = "b" } } }'],
    ['servers.signalbox.command = "shown"'],
    ['[servers]\nsignalbox.command = "shown"'],
    ['[ "servers" . signalbox ]\n"command" = "shown"'],
    ['[servers.signalbox]\nargs = [\n  "a", ["shown"]\n]'],
  ])('in TOML shows the own members of %j', (text) => {
    expect(maskToml(text, isOwn)).toContain('"shown"');
  });
});
