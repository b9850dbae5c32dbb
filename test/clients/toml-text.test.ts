import { parse } from '@decimalturn/toml-patch';
import { describe, expect, it } from '@jest/globals';
import { tomlText } from '../../src/clients/toml-text.ts';

const ENTRY = { command: '/usr/bin/node', args: ['/opt/signalbox.js', 'hub'] };
const set = (text: string) => tomlText.set(text, 'mcp_servers', 'signalbox', ENTRY);
const remove = (text: string) => tomlText.remove(text, 'mcp_servers', 'signalbox');

const TABLE =
  '[mcp_servers.signalbox]\ncommand = "/usr/bin/node"\nargs = ["/opt/signalbox.js", "hub"]\n';

/** A configuration as Codex and its users write it. */
const CODEX = `# my codex
model = "gpt-5"   # the model
approval_policy="never"
since = 2026-01-02
big = 9223372036854775807

[mcp_servers.docs]   # docs
command = "npx"
args = ["-y",
  "docs", # inner
]

[mcp_servers.docs.env]
KEY = 'value'

# the web project
[projects."/home/me/web"]
trust_level = "trusted"

[[history]]
a = 1
`;

describe('the entry in TOML', () => {
  it.each([
    ['an empty file', '', TABLE],
    ['a real file', CODEX, `${CODEX}\n${TABLE}`],
    ['a file without a final newline', 'model = "x"', `model = "x"\n\n${TABLE}`],
    [
      'a file with dotted keys',
      'mcp_servers.docs.command = "x"\n',
      `mcp_servers.docs.command = "x"\n\n${TABLE}`,
    ],
    [
      'a file with Windows line endings',
      CODEX.replaceAll('\n', '\r\n'),
      `${CODEX}\n${TABLE}`.replaceAll('\n', '\r\n'),
    ],
  ])('is appended to %s without other changes', (_, before, after) => {
    expect(set(before)).toBe(after);
  });

  it.each([CODEX, CODEX.replaceAll('\n', '\r\n'), 'mcp_servers.docs.command = "x"\n'])(
    'is removed without a trace',
    (text) => {
      expect(remove(set(text))).toBe(text);
    },
  );

  it('is removed from between other tables, with its subtables', () => {
    const text = CODEX.replace(
      '# the web project',
      `${TABLE}\n[mcp_servers.signalbox.env]\nA = "1"\n\n# the web project`,
    );
    expect(remove(text)).toBe(CODEX);
  });

  it('is added to an inline table', () => {
    const text = '# inline\nmcp_servers = { docs = { command = "x" } } # end\n';
    const added = set(text);
    expect(parse(added)).toEqual({ mcp_servers: { docs: { command: 'x' }, signalbox: ENTRY } });
    expect(added).toMatch(/^# inline\nmcp_servers = \{.*\} # end\n$/);
    expect(remove(added)).toBe(text);
  });

  it('is corrected, and members added by the user are kept', () => {
    const old = `${CODEX}\n[mcp_servers.signalbox]\ncommand = "old" # was\nstartup_timeout_sec = 20\n`;
    const corrected = set(old);
    expect(corrected).toContain('startup_timeout_sec = 20');
    expect(corrected).toContain('command = "/usr/bin/node" # was');
    expect(corrected.startsWith(CODEX)).toBe(true);
    expect(parse(corrected)['mcp_servers']).toMatchObject({
      signalbox: { ...ENTRY, startup_timeout_sec: 20 },
    });
  });
});

describe('invalid TOML is refused with its position', () => {
  it.each([
    ['a = 1\nb = \n', 'line 2, column '],
    ['a = 1\na = 2\n', 'line 2, column '],
    ['mcp_servers = 1\n', '"mcp_servers" is not a table'],
    ['[[mcp_servers]]\na = 1\n', 'line 1, column 1: "mcp_servers" is not a table'],
  ])('%j', (text, message) => {
    expect(() => tomlText.read(text, 'mcp_servers')).toThrow(message);
  });

  it('mixed line endings, if the entry cannot be appended', () => {
    const text = 'a = 1\r\nmcp_servers = { docs = { command = "x" } }\n';
    expect(() => set(text)).toThrow('line 2, column 42: mixed line endings');
  });
});
