import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../machines/model.ts';
import { objectOf } from '../wire/json.ts';
import type { Client } from './client.ts';
import { ConfigError } from './config-error.ts';
import { readConfig, writeConfig } from './config-file.ts';
import type { ConfigPlace } from './config-place.ts';
import type { ConfigText } from './config-text.ts';
import { ENTRY_NAME, membersOf } from './entry.ts';
import type { Entry } from './entry-shape.ts';
import { jsonText } from './json-text.ts';
import { tomlText } from './toml-text.ts';

const BOM = '\ufeff';

const FORMATS: Readonly<Record<Client['format'], ConfigText>> = { json: jsonText, toml: tomlText };

/** A change of a configuration, before it is made. */
export interface Change extends ConfigPlace {
  /** What the file says; null when there is none. */
  readonly before: string | null;
  readonly after: string;
  /** The same to be shown: every value that is not the hub's own is `•••`. */
  readonly shown: { readonly before: string; readonly after: string };
}

/** The hub's entry in a configuration; null when it isn't there. Throws {@link ConfigError}, with its place. */
export function entryIn(client: Client, text: string): JsonObject | null {
  const said = FORMATS[client.format].read(withoutBom(text), client.servers);
  const servers = objectOf(said[client.servers]);
  return ENTRY_NAME in servers ? objectOf(servers[ENTRY_NAME]) : null;
}

/**
 * What a file is to say so that the client starts the hub by this entry, or (null) doesn't. Rejects when the file can't be
 * read or, saying where, when it is broken.
 */
export async function planChange(
  client: Client,
  { file, project }: ConfigPlace,
  entry: Entry | null,
): Promise<Change> {
  const before = await readConfig({ file, project });
  const { read, set, remove, mask } = FORMATS[client.format];
  const { servers } = client;
  const mark = before?.startsWith(BOM) ? BOM : '';
  const text = withoutBom(before ?? '');
  try {
    const said = read(text, servers);
    const known = objectOf(said[servers])[ENTRY_NAME];
    const wanted = entry === null ? null : membersOf(client, entry, objectOf(known));
    const isSo = wanted === null ? known === undefined : contains(known, wanted);
    const after = isSo
      ? text
      : wanted === null
        ? remove(text, servers, ENTRY_NAME)
        : set(text, servers, ENTRY_NAME, wanted);
    if (!isSo && !isDeepStrictEqual(others(said, servers), others(read(after, servers), servers))) {
      throw new Error(`${file} is written in a way that cannot be changed safely: edit it by hand`);
    }
    const own = new Set(Object.keys(wanted ?? membersOf(client, { command: '', args: [] })));
    const isShown = (path: readonly string[]) =>
      path[0] === servers && path[1] === ENTRY_NAME && own.has(path[2] ?? '');
    const shown = { before: mask(text, isShown), after: mask(after, isShown) };
    return { file, project, before, after: mark + after, shown };
  } catch (error) {
    throw error instanceof ConfigError ? new Error(`${file}: ${error.message}`) : error;
  }
}

/**
 * Makes a change. Resolves with the file that holds what was there, or null. Rejects, and has written nothing, when the file
 * is no longer what it was, or can't be written.
 */
export async function makeChange(change: Change): Promise<string | null> {
  const { file, before, after } = change;
  if ((await readConfig(change)) !== before) {
    throw new Error(`${file} was changed meanwhile: nothing is written. Run this again.`);
  }
  return writeConfig(change, before, after);
}

function withoutBom(text: string): string {
  return text.startsWith(BOM) ? text.slice(1) : text;
}

function contains(known: unknown, members: JsonObject): boolean {
  const entry = typeof known === 'object' && known !== null ? { ...known } : {};
  return isDeepStrictEqual({ ...entry, ...members }, entry);
}

/** All that a configuration says beside the hub's entry. */
function others(said: JsonObject, servers: string): JsonObject {
  const { [ENTRY_NAME]: _, ...rest } = objectOf(said[servers]);
  return { ...said, [servers]: rest };
}
