import { isDeepStrictEqual } from 'node:util';
import { parse, patch } from '@decimalturn/toml-patch';
import type { JsonObject } from '../../machines/model.ts';
import { objectOf, parseJson } from '../wire/json.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigText, MASK } from './config-text.ts';
import { maskToml } from './toml-mask.ts';

/** What a text says, dates as the dates that they are. */
type Said = Readonly<Record<string, unknown>>;

/** TOML, as Codex has it. */
export const tomlText: ConfigText = {
  read(text, servers) {
    const said = parsed(text);
    if (servers in said && !isTable(said[servers])) {
      const offset = text.search(new RegExp(`^\\s*\\[*"?${servers}\\b`, 'm'));
      throw new ConfigError(`"${servers}" is not a table`, text, Math.max(0, offset));
    }
    return plain(said);
  },

  set(text, servers, name, members) {
    const said = parsed(text);
    const known = tableOf(said[servers]);
    const entry = { ...tableOf(known[name]), ...members };
    const wanted = { ...said, [servers]: { ...known, [name]: entry } };
    // A table of its own, at the end: how everybody writes it, and nothing else is touched.
    const appended = text + gapAfter(text) + lines(text, printToml(servers, name, members));
    return !(name in known) && says(appended, wanted) ? appended : patched(text, wanted);
  },

  remove(text, servers, name) {
    const said = parsed(text);
    const { [name]: _, ...others } = tableOf(said[servers]);
    const { [servers]: __, ...rest } = said;
    const wanted = Object.keys(others).length === 0 ? rest : { ...said, [servers]: others };
    const cut = withoutTables(text, `${servers}.${name}`);
    return says(cut, wanted) ? cut : patched(text, wanted);
  },

  mask: maskToml,
};

function isTable(value: unknown): value is Said {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tableOf(value: unknown): Said {
  return isTable(value) ? value : {};
}

/** The same as JSON has it: to compare, not to write. */
function plain(said: Said): JsonObject {
  const text = JSON.stringify(said, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  return objectOf(parseJson(text));
}

function parsed(text: string): Said {
  try {
    return parse(text);
  } catch (error) {
    const { line, column } = placeOf(error);
    const what = error instanceof Error ? error.message.split('\n').at(-1) : undefined;
    // The parser quotes what it can't read: that may be a token whose quotes were forgotten.
    const told = what?.replace(/"[^"]{2,}"/g, MASK) ?? 'not TOML';
    throw new ConfigError(told, text, offsetOf(text, line, column));
  }
}

function placeOf(error: unknown): { line: number; column: number } {
  return typeof error === 'object' && error !== null && 'line' in error && 'column' in error
    ? { line: Number(error.line), column: Number(error.column) }
    : { line: 1, column: 0 };
}

function says(text: string, wanted: Said): boolean {
  try {
    return isDeepStrictEqual(plain(parse(text)), plain(wanted));
  } catch {
    return false;
  }
}

/** The text, changed in place as far as the library can; it would make all line endings the same. */
function patched(text: string, wanted: Said): string {
  const mixed = /[^\r]\n/.exec(text);
  if (mixed !== null && text.includes('\r\n')) {
    throw new ConfigError('line endings of two kinds', text, mixed.index);
  }
  return patch(text, wanted);
}

function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((sum, each) => sum + each.length + 1, 0) + column;
}

function gapAfter(text: string): string {
  if (text.trim() === '') return '';
  return lines(text, text.endsWith('\n') ? '' : '\n');
}

/** More lines of a text, ended as its own are. */
function lines(text: string, more: string): string {
  return `${more}\n`.replaceAll('\n', text.includes('\r\n') ? '\r\n' : '\n');
}

/** The text without the tables of that name and below it. Comments before the next one stay with that. */
function withoutTables(text: string, name: string): string {
  const kept = text.split(/(?<=\n)/);
  for (;;) {
    const start = kept.findIndex((line) => {
      const header = headerIn(line);
      return header === name || header?.startsWith(`${name}.`);
    });
    if (start === -1) return kept.join('');
    const next = kept.findIndex((line, index) => index > start && headerIn(line) !== null);
    let end = next === -1 ? kept.length : next;
    while (end - 1 > start && /^(#.*)?$/.test(kept[end - 1]?.trim() ?? '')) end -= 1;
    // With the blank line that set it off.
    const from = kept[start - 1]?.trim() === '' ? start - 1 : start;
    kept.splice(from, end - from);
  }
}

/** The name of the table that begins in a line, or null. What only looks like one shows when the result is read. */
function headerIn(line: string): string | null {
  return /^\s*\[\[?\s*([^\]]*?)\s*\]/.exec(line)?.[1]?.replace(/["'\s]/g, '') ?? null;
}

/** The block, for those who write it by hand. JSON's strings and lists are TOML's too. */
export function printToml(servers: string, name: string, members: JsonObject): string {
  const written = Object.entries(members).map(([key, value]) => {
    const shown = Array.isArray(value)
      ? `[${value.map((each) => JSON.stringify(each)).join(', ')}]`
      : JSON.stringify(value);
    return `${key} = ${shown}`;
  });
  return [`[${servers}.${name}]`, ...written].join('\n');
}
