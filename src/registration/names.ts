import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf } from '../errors.ts';
import { peek } from './peek.ts';
import { processGone } from './process-gone.ts';
import { parseRegistration } from './schema.ts';

/** Longest id that is made of a name, in characters. */
const LONGEST = 60;

/** Longest name to which a suffix still fits, in characters. */
const LONGEST_NAME = 190;

/** Who looks for a name. */
export interface Newcomer {
  readonly name: string;
  readonly port: number;
}

/**
 * `name` and the id that is made of it, both with a suffix where somebody else in the directories has them. Throws when a
 * directory is there and can't be read.
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
 * Whether what a registration file says is of a process that is gone or, where it names none, of the newcomer itself: the
 * same name at the same port. What can't be read is of somebody.
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

/** A name as an id. */
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
