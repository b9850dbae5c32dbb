import { isDeepStrictEqual } from 'node:util';
import { parse, patch } from '@decimalturn/toml-patch';
import type { JsonObject } from '../../machines/model.ts';
import { objectOf, parseJson } from '../wire/json.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigText, MASK } from './config-text.ts';
import { maskToml } from './toml-mask.ts';

/** A parsed text, with dates as dates. */
type Table = Readonly<Record<string, unknown>>;

/** TOML, as used by Codex. */
export const tomlText: ConfigText = {
  read(text, servers) {
    const config = parsed(text);
    if (servers in config && !isTable(config[servers])) {
      const offset = text.search(new RegExp(`^\\s*\\[*"?${servers}\\b`, 'm'));
      throw new ConfigError(`"${servers}" is not a table`, text, Math.max(0, offset));
    }
    return plain(config);
  },

  set(text, servers, name, members) {
    const config = parsed(text);
    const known = tableOf(config[servers]);
    const entry = { ...tableOf(known[name]), ...members };
    const wanted = { ...config, [servers]: { ...known, [name]: entry } };
    // Append a table if possible: this is the usual style and changes nothing else.
    const appended = text + gapAfter(text) + lines(text, printToml(servers, name, members));
    return !(name in known) && isEquivalent(appended, wanted) ? appended : patched(text, wanted);
  },

  remove(text, servers, name) {
    const config = parsed(text);
    const { [name]: _, ...others } = tableOf(config[servers]);
    const { [servers]: __, ...rest } = config;
    const wanted = Object.keys(others).length === 0 ? rest : { ...config, [servers]: others };
    const cut = withoutTables(text, `${servers}.${name}`);
    return isEquivalent(cut, wanted) ? cut : patched(text, wanted);
  },

  mask: maskToml,
};

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tableOf(value: unknown): Table {
  return isTable(value) ? value : {};
}

/** Converts to JSON values for comparison. */
function plain(table: Table): JsonObject {
  const text = JSON.stringify(table, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  return objectOf(parseJson(text));
}

function parsed(text: string): Table {
  try {
    return parse(text);
  } catch (error) {
    const { line, column } = placeOf(error);
    const what = error instanceof Error ? error.message.split('\n').at(-1) : undefined;
    // The parser quotes the text it can't read, which may be a token without quotes.
    const masked = what?.replace(/"[^"]{2,}"/g, MASK) ?? 'not TOML';
    throw new ConfigError(masked, text, offsetOf(text, line, column));
  }
}

function placeOf(error: unknown): { line: number; column: number } {
  return typeof error === 'object' && error !== null && 'line' in error && 'column' in error
    ? { line: Number(error.line), column: Number(error.column) }
    : { line: 1, column: 0 };
}

function isEquivalent(text: string, wanted: Table): boolean {
  try {
    return isDeepStrictEqual(plain(parse(text)), plain(wanted));
  } catch {
    return false;
  }
}

/** Changes the text in place with the library. Rejects mixed line endings, because the library would unify them. */
function patched(text: string, wanted: Table): string {
  const mixed = /[^\r]\n/.exec(text);
  if (mixed !== null && text.includes('\r\n')) {
    throw new ConfigError('mixed line endings', text, mixed.index);
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

/** More lines with the line endings of a text. */
function lines(text: string, more: string): string {
  return `${more}\n`.replaceAll('\n', text.includes('\r\n') ? '\r\n' : '\n');
}

/** The text without the table of that name and its subtables. Comments before the next table are kept with it. */
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
    // Also remove the blank line before it.
    const from = kept[start - 1]?.trim() === '' ? start - 1 : start;
    kept.splice(from, end - from);
  }
}

/** The name of the table that starts on a line, or null. False matches are found when the result is parsed again. */
function headerIn(line: string): string | null {
  return /^\s*\[\[?\s*([^\]]*?)\s*\]/.exec(line)?.[1]?.replace(/["'\s]/g, '') ?? null;
}

/** The block to add by hand. JSON strings and arrays are valid TOML. */
export function printToml(servers: string, name: string, members: JsonObject): string {
  const written = Object.entries(members).map(([key, value]) => {
    const shown = Array.isArray(value)
      ? `[${value.map((each) => JSON.stringify(each)).join(', ')}]`
      : JSON.stringify(value);
    return `${key} = ${shown}`;
  });
  return [`[${servers}.${name}]`, ...written].join('\n');
}
