import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { budgetTable } from '../src/budgets.ts';
import type { Client } from '../src/clients/client.ts';
import { CLIENTS } from '../src/clients/clients.ts';
import { ENTRY_NAME, membersOf } from '../src/clients/entry.ts';
import { printJson } from '../src/clients/json-text.ts';
import { printToml } from '../src/clients/toml-text.ts';
import { OPTIONS } from '../src/config/options.ts';
import { charts } from '../src/drawing/charts.ts';
import { mermaid } from '../src/drawing/mermaid.ts';
import { HUB_ERRORS } from '../src/errors.ts';
import { REFUSAL_CODES } from '../src/registration/refusal-codes.ts';
import { stateTable } from './helpers/state-table.ts';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** The text between the marks of `name`, which UPDATE_DOCS replaces by `expected` first. */
function section(file: string, name: string, expected: string): string {
  const marks = new RegExp(`(<!-- ${name} -->\n)([^]*?)\n?(<!-- /${name} -->)`);
  if (process.env['UPDATE_DOCS']) {
    const updated = read(file).replace(
      marks,
      (_, before, __, after) => `${before}${expected}\n${after}`,
    );
    writeFileSync(new URL(`../${file}`, import.meta.url), updated);
  }
  return marks.exec(read(file))?.[2] ?? '';
}

/** A file as shown in the docs, with its other extension if the client reads two. */
function spellings({ otherEnding }: Client, file: string | null): string {
  if (file === null) return 'none';
  const other = otherEnding === undefined ? [] : [file.replace(/\.json$/, otherEnding)];
  return [file, ...other].map((each) => `\`${each}\``).join(' or ');
}

describe('the docs match the code (UPDATE_DOCS=1 npm test -- docs updates them)', () => {
  it.each([...charts])('in the %s chart', (name, machine) => {
    const expected = `\`\`\`mermaid\n${mermaid(machine)}\`\`\`\n\n${stateTable(machine)}`;
    expect(section('ARCHITECTURE.md', `chart ${name}`, expected)).toBe(expected);
  });

  it('in the errors of the hub', () => {
    const rows = Object.entries(HUB_ERRORS).map(([code, hint]) => `| \`${code}\` | ${hint} |`);
    const expected = ['| code | what to do |', '| --- | --- |', ...rows].join('\n');
    expect(section('docs/errors.md', 'hub errors', expected)).toBe(expected);
  });

  it('in the budgets', () => {
    const expected = budgetTable();
    expect(section('docs/service-levels.md', 'budgets', expected)).toBe(expected);
  });

  it('in the errors of instances', () => {
    const [, union = ''] =
      /export type FailureCode =([^;]*);/.exec(read('machines/model.ts')) ?? [];
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code);
    const documented = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)`\s+\|.*\|.*\|$/gm)].map(
      ([, code]) => code,
    );
    expect(codes.length).toBeGreaterThan(5);
    expect(documented).toEqual(expect.arrayContaining(codes));
    const troubles = read('docs/troubleshooting.md');
    const missing = [...codes, ...Object.keys(HUB_ERRORS)].filter(
      (code) => !troubles.includes(`**\`${code}\`**`),
    );
    expect(missing).toEqual([]);
  });

  it('of the refusals of registrations', () => {
    const rows = Object.entries(REFUSAL_CODES).map(
      ([code, { means, remedy }]) => `| \`${code}\` | ${means} | ${remedy('PATH')} |`,
    );
    const expected = ['| code | means | what to do |', '| --- | --- | --- |', ...rows].join('\n');
    expect(section('docs/errors.md', 'refusals', expected)).toBe(expected);
  });

  it('in the options', () => {
    for (const { name } of OPTIONS) expect(read('docs/configuration.md')).toContain(`\`--${name}`);
  });

  it('in the configurations of clients', () => {
    const entry = { command: '/usr/bin/node', args: ['/opt/signalbox/dist/signalbox.js', 'hub'] };
    const expected = CLIENTS.map((client) => {
      const { title, name, format, servers, docs, starts } = client;
      const print = format === 'toml' ? printToml : printJson;
      const files = [
        ['Linux', { platform: 'linux', home: '~', env: {}, tmp: '' }],
        ['macOS', { platform: 'darwin', home: '~', env: {}, tmp: '' }],
        [
          'Windows',
          { platform: 'win32', home: '%USERPROFILE%', env: { APPDATA: '%APPDATA%' }, tmp: '' },
        ],
      ] as const;
      const places = files.map(
        ([system, where]) => `| ${system} | ${spellings(client, client.userFile(where))} |`,
      );
      return [
        `## ${title}\n`,
        `\`signalbox install ${name}\` ([its documentation](${docs}))\n`,
        '| | |',
        '| --- | --- |',
        ...places,
        `| project | ${spellings(client, client.projectFile)} |\n`,
        `- User: ${starts.user}`,
        ...(starts.project === null ? [] : [`- Project: ${starts.project}`]),
        '',
        `\`\`\`${format}\n${print(servers, ENTRY_NAME, membersOf(client, entry))}\n\`\`\``,
      ].join('\n');
    }).join('\n\n');
    expect(section('docs/clients.md', 'clients', expected)).toBe(expected);
  });

  it('in the clients that install supports', () => {
    const names = CLIENTS.map(({ name }) => name);
    const listed = /`install` knows ([^.]*)\./.exec(read('README.md').replaceAll('\n', ' '))?.[1];
    expect(listed).toBe(`${names.slice(0, -1).join(', ')} and ${names.at(-1)}`);
  });

  it('in their links', () => {
    for (const file of [
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'docs/clients.md',
      'docs/recipes.md',
      'docs/troubleshooting.md',
    ]) {
      const base = new URL(`../${file}`, import.meta.url);
      for (const [, target = ''] of read(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (!target.includes('://'))
          expect([target, existsSync(new URL(target, base))]).toEqual([target, true]);
      }
    }
  });

  it('in the files they name', () => {
    const all = ['src', 'machines', 'test', 'scripts'].flatMap((folder) =>
      readdirSync(new URL(`../${folder}/`, import.meta.url), { recursive: true }).map(
        (file) => `/${folder}/${file}`,
      ),
    );
    for (const page of ['ARCHITECTURE.md', 'CONTRIBUTING.md']) {
      const named = [...read(page).matchAll(/`([\w/.-]+\.tsx?)`/g)].map(([, name]) => name);
      expect(named.length).toBeGreaterThan(0);
      const missing = named.filter((name) => !all.some((file) => file.endsWith(`/${name}`)));
      expect(missing).toEqual([]);
    }
  });

  it('and contain no path of a particular machine', () => {
    const pages = readdirSync(new URL('../docs/', import.meta.url)).filter((name) =>
      name.endsWith('.md'),
    );
    expect(pages.length).toBeGreaterThan(4);
    const own = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'];
    for (const file of [...own, ...pages.map((name) => `docs/${name}`)]) {
      expect(read(file)).not.toMatch(/\/work\/|\/tmp\/signalbox/);
    }
  });
});
