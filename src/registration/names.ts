import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf } from '../errors.ts';
import { peek } from './peek.ts';
import { processGone } from './process-gone.ts';
import { parseRegistration } from './schema.ts';

/** Maximum length of an id derived from a name, in characters. */
const LONGEST = 60;

/** Maximum length of a name that leaves room for a suffix, in characters. */
const LONGEST_NAME = 190;

/** The instance that needs a name. */
export interface Newcomer {
  readonly name: string;
  readonly port: number;
}

/**
 * `name` and the id derived from it, both with a suffix if another instance in the directories has them. Throws if an
 * existing directory can't be read.
 */
export function freeName(
  directories: readonly string[],
  newcomer: Newcomer,
): { name: string; id: string } {
  const names = new Set<string>();
  const ids = new Set<string>();
  for (const file of directories.flatMap(filesOf)) {
    const content = peek(file)?.content ?? '';
    if (givesWay(content, newcomer)) continue;
    ids.add(basename(file, '.json'));
    const parsed = parseRegistration(content);
    if ('registration' in parsed) {
      names.add(parsed.registration.name);
      ids.add(parsed.registration.id);
    }
  }
  const free = firstFree(newcomer.name, names);
  return { name: free, id: firstFree(slugOf(free), ids) };
}

/**
 * Whether a registration file may be replaced: its process is gone or, if it names none, it has the newcomer's name and
 * port. Unreadable files may not be replaced.
 */
export function givesWay(content: string, { name, port }: Newcomer): boolean {
  const parsed = parseRegistration(content);
  if ('reason' in parsed) return false;
  const known = parsed.registration;
  if (known.pid !== null) return processGone(known);
  return known.name === name && known.port === port;
}

function firstFree(wanted: string, taken: ReadonlySet<string>): string {
  const base = [...wanted].slice(0, LONGEST_NAME).join('');
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? wanted : `${base}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Derives an id from a name. */
function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST)
    .replace(/^-|-$/g, '');
  return slug || 'instance';
}

function filesOf(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    return names.map((name) => join(directory, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
