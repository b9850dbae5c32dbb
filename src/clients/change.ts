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

/** A planned change of a configuration. */
export interface Change extends ConfigPlace {
  /** The current text of the file; null if it doesn't exist. */
  readonly before: string | null;
  readonly after: string;
  /** Both texts for the preview, with every value except the hub's own masked as `•••`. */
  readonly shown: { readonly before: string; readonly after: string };
}

/** The hub's entry in a configuration, or null. Throws {@link ConfigError} with the position if the text is invalid. */
export function entryIn(client: Client, text: string): JsonObject | null {
  const config = FORMATS[client.format].read(withoutBom(text), client.servers);
  const servers = objectOf(config[client.servers]);
  return ENTRY_NAME in servers ? objectOf(servers[ENTRY_NAME]) : null;
}

/**
 * Plans the change that makes a client start the hub with this entry or, if `entry` is null, no longer start it. Rejects if
 * the file can't be read and, with the position, if it is invalid.
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
    const config = read(text, servers);
    const known = objectOf(config[servers])[ENTRY_NAME];
    const wanted = entry === null ? null : membersOf(client, entry, objectOf(known));
    const isUpToDate = wanted === null ? known === undefined : contains(known, wanted);
    const after = isUpToDate
      ? text
      : wanted === null
        ? remove(text, servers, ENTRY_NAME)
        : set(text, servers, ENTRY_NAME, wanted);
    const isSafe = isDeepStrictEqual(
      others(config, servers),
      others(read(after, servers), servers),
    );
    if (!isUpToDate && !isSafe) {
      throw new Error(`${file} cannot be changed safely: edit it by hand`);
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
 * Makes a change. Resolves with the path of the backup, or null if there was nothing to back up. Rejects without writing
 * anything if the file has changed since it was planned, or can't be written.
 */
export async function makeChange(change: Change): Promise<string | null> {
  const { file, before, after } = change;
  if ((await readConfig(change)) !== before) {
    throw new Error(
      `${file} has changed in the meantime: nothing was written. Run the command again.`,
    );
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

/** A configuration without the hub's entry. */
function others(config: JsonObject, servers: string): JsonObject {
  const { [ENTRY_NAME]: _, ...rest } = objectOf(config[servers]);
  return { ...config, [servers]: rest };
}
