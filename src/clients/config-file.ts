import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import type { JsonObject } from '../../machines/model.ts';
import { errnoOf } from '../errors.ts';
import { objectOf } from '../wire/json.ts';
import type { Client } from './clients.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigText } from './config-text.ts';
import { ENTRY_NAME, withOptionsOf } from './entry.ts';
import { jsonText } from './json-text.ts';
import { tomlText } from './toml-text.ts';

/** Largest configuration that is touched, in bytes: Claude Code's holds every project's history. */
const MAX_BYTES = 64 * 2 ** 20;

const BOM = '\ufeff';

const FORMATS: Readonly<Record<Client['format'], ConfigText>> = { json: jsonText, toml: tomlText };

/** A change of a configuration, before it is made. */
export interface Change {
  readonly file: string;
  /** What the file says; null when there is none. */
  readonly before: string | null;
  readonly after: string;
}

/** Reads a configuration. Null: there is none. Rejects, with the reason, for what isn't a file of a sensible size. */
export async function readConfig(file: string): Promise<string | null> {
  try {
    // A FIFO would be waited for.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw new Error(`${file} is not a file`);
      if (facts.size > MAX_BYTES) throw new Error(`${file} is larger than ${MAX_BYTES} bytes`);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) === null) throw error;
    throw new Error(`${file} cannot be read (${errnoOf(error)})`);
  }
}

/** The hub's entry in a configuration; null when it isn't there. Throws {@link ConfigError}, with its place. */
export function entryIn(client: Client, text: string): JsonObject | null {
  const said = FORMATS[client.format].read(withoutBom(text), client.servers);
  const servers = objectOf(said[client.servers]);
  return ENTRY_NAME in servers ? objectOf(servers[ENTRY_NAME]) : null;
}

/**
 * What a file is to say so that the client has the hub's entry with these members, or (null) has none. Rejects when the
 * file can't be read or, saying where, when it is broken.
 */
export async function planChange(
  client: Client,
  file: string,
  members: JsonObject | null,
): Promise<Change> {
  const before = await readConfig(file);
  const { read, set, remove } = FORMATS[client.format];
  const { servers } = client;
  const mark = before?.startsWith(BOM) ? BOM : '';
  const text = withoutBom(before ?? '');
  try {
    const said = read(text, servers);
    const known = objectOf(said[servers])[ENTRY_NAME];
    const wanted = members === null ? null : withOptionsOf(known, members);
    if (wanted === null ? known === undefined : contains(known, wanted)) {
      return { file, before, after: before ?? '' };
    }
    const after =
      wanted === null ? remove(text, servers, ENTRY_NAME) : set(text, servers, ENTRY_NAME, wanted);
    if (!isDeepStrictEqual(others(said, servers), others(read(after, servers), servers))) {
      throw new Error(`${file} is written in a way that cannot be changed safely: do it by hand`);
    }
    return { file, before, after: mark + after };
  } catch (error) {
    throw error instanceof ConfigError ? new Error(`${file}: ${error.message}`) : error;
  }
}

/**
 * Makes a change, in one step, through links, with the rights that the file has. Resolves with the file that holds what was
 * there, or null. Rejects, and has written nothing, when the file isn't any more what it was, or can't be written.
 */
export async function makeChange({ file, before, after }: Change): Promise<string | null> {
  if ((await readConfig(file)) !== before) {
    throw new Error(`${file} was changed meanwhile: nothing is written. Run this again.`);
  }
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    if (before === null) {
      await writeFileAtomic(file, after, { mode: 0o600 });
      return null;
    }
    const target = await realpath(file);
    const { mode } = await stat(target);
    if ((mode & 0o222) === 0) throw new Error(`${file} is read-only: nothing is written`);
    const backup = `${target}.signalbox-backup`;
    await copyFile(target, backup);
    await chmod(backup, mode & 0o777);
    await writeFileAtomic(target, after);
    return backup;
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    throw new Error(`${file} cannot be written (${errnoOf(error)})`);
  }
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
