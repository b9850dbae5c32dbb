import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, inspectDirectory } from '../trust.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, problem } = findingsOf('watching');

/** Where Linux keeps the limits of watches. */
const INOTIFY = '/proc/sys/fs/inotify';

const LIMITS = ['max_user_watches', 'max_user_instances'] as const;

/** The limit that was reached, by error code. */
const LIMIT_OF: Readonly<Record<string, (typeof LIMITS)[number]>> = {
  ENOSPC: 'max_user_watches',
  EMFILE: 'max_user_instances',
};

export interface Watching {
  /** Absolute. Missing ones are skipped. */
  readonly directories: readonly string[];
  /** Whether the user named them; see {@link Naming}. */
  readonly areNamed: boolean;
  /** Starts a watch and stops it again. Throws the system's error. */
  readonly tryToWatch?: (directory: string) => void;
  /** The directory that the system's limits are read from. */
  readonly limits?: string;
}

/** Checks whether directories can be watched, by trying, and reports the system's limits. */
export async function checkWatching({
  directories,
  areNamed: isNamed,
  tryToWatch = (directory) => watch(directory, { persistent: false }).close(),
  limits = INOTIFY,
}: Watching): Promise<Finding[]> {
  const allowed = await limitsIn(limits);
  const findings: Finding[] = [];
  for (const directory of directories) {
    if ((await inspectDirectory(directory, { isNamed })).kind !== 'usable') continue;
    const code = failureOf(() => tryToWatch(directory));
    if (code === null) {
      findings.push(ok(directory, 'can be watched'));
      continue;
    }
    const says = `cannot be watched (${code}), and is polled every 2 s instead`;
    findings.push(problem(directory, says, remedyOf(code, allowed)));
  }
  const sizes = [...allowed].map(([name, value]) => `${name} is ${value}`);
  return sizes.length === 0 ? findings : [...findings, ok('inotify', sizes.join(', '))];
}

function failureOf(attempt: () => void): string | null {
  try {
    attempt();
    return null;
  } catch (error) {
    return codeOf(error);
  }
}

function remedyOf(code: string, allowed: ReadonlyMap<string, number>): string {
  const name = LIMIT_OF[code];
  const value = name === undefined ? undefined : allowed.get(name);
  if (name === undefined || value === undefined) {
    return code === 'EMFILE'
      ? 'Allow more open files (ulimit -n), or close programs that watch many.'
      : 'With --instances-dir, name a directory on a file system that can be watched.';
  }
  const raise = `sudo sysctl fs.inotify.${name}=${value * 2}`;
  return `Close programs that watch many files, or raise the limit: ${raise}`;
}

/** The limits by name. Empty if the system has none. */
async function limitsIn(directory: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const name of LIMITS) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => '');
    if (/^\d+\s*$/.test(text)) found.set(name, Number(text));
  }
  return found;
}
