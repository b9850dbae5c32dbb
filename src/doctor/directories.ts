import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { ownInstancesDirectory, type Surroundings } from '../paths.ts';
import { codeOf, inspectDirectory } from '../registration/trust.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';

const { ok, note, problem } = findingsOf('directories');

/** Where registrations are looked for. */
export interface Directories {
  /** Absolute, each one of its own. */
  readonly directories: readonly string[];
  /** Whether somebody has named them; otherwise they are the usual ones, of which the own is written to. */
  readonly areNamed: boolean;
  readonly where: Surroundings;
}

/** Whether each directory can be used, and where files go. */
export async function checkDirectories(given: Directories): Promise<Finding[]> {
  const { directories, areNamed, where } = given;
  const own = areNamed ? null : ownInstancesDirectory(where);
  const found = directories.map((directory) => {
    if (directory === own) return ownDirectory(directory);
    return otherDirectory(directory, areNamed);
  });
  return [...runtimeDirectory(where), ...(await Promise.all(found))];
}

/** What is not an absolute path is ignored, as the XDG specification has it. */
function runtimeDirectory(where: Surroundings): Finding[] {
  const path = where.env['XDG_RUNTIME_DIR'];
  if (where.platform !== 'linux' || (path && isAbsolute(path))) return [];
  const own = ownInstancesDirectory(where);
  const fault = path ? `not an absolute path (${path})` : 'not set';
  return [
    note(
      'XDG_RUNTIME_DIR',
      `${fault}, so registrations go to ${own}`,
      'Nothing, if it is so for agents and servers as well: they meet only where both look.',
    ),
  ];
}

async function ownDirectory(directory: string): Promise<Finding> {
  const condition = await inspectDirectory(directory);
  if (condition.kind === 'missing') return missingOwn(directory);
  if (condition.kind !== 'usable') return unusable(directory, condition.reason);
  const { R_OK, W_OK, X_OK } = constants;
  const denied = await deniedAt(directory, R_OK | W_OK | X_OK);
  if (denied === null) return ok(directory, 'ours; registrations are written and read here');
  return problem(
    directory,
    `ours, but cannot be written (${denied})`,
    `chmod u+rwx ${shellWord(directory)}`,
  );
}

/** Hubs and servers make it, if they can. */
async function missingOwn(directory: string): Promise<Finding> {
  const ancestor = await nearestAncestor(directory);
  const { isDirectory } = ancestor;
  const denied = isDirectory
    ? await deniedAt(ancestor.path, constants.W_OK | constants.X_OK)
    : 'it is not a directory';
  if (denied === null) return note(directory, 'missing; who needs it first makes it');
  return problem(
    directory,
    `missing, and cannot be made in ${ancestor.path} (${denied})`,
    'Make it, mode 0700, or set XDG_RUNTIME_DIR to a directory that is yours.',
  );
}

async function otherDirectory(directory: string, isNamed: boolean): Promise<Finding> {
  const condition = await inspectDirectory(directory);
  if (condition.kind === 'missing') {
    return isNamed
      ? note(directory, 'missing; it is found when it comes', 'Is it spelled right?')
      : ok(directory, 'missing; Brummer has announced nothing here');
  }
  if (condition.kind !== 'usable') {
    // On a machine of many, the one among the temporary files is whoever's came first.
    return !isNamed && condition.reason.includes('another user')
      ? note(directory, `${condition.reason}; that user's Brummer uses it`)
      : unusable(directory, condition.reason);
  }
  const denied = await deniedAt(directory, constants.R_OK | constants.X_OK);
  if (denied === null) return ok(directory, 'ours; registrations are read here');
  const chmod = `chmod u+rx ${shellWord(directory)}`;
  return problem(directory, `ours, but cannot be read (${denied})`, chmod);
}

function unusable(directory: string, reason: string): Finding {
  const remedy = reason.includes('chmod go-w')
    ? `chmod go-w ${shellWord(directory)}`
    : reason.includes('another user')
      ? 'Have it given to you (chown), or name another one by --instances-dir.'
      : reason === 'not a directory'
        ? 'Take away what is there, or name another one by --instances-dir.'
        : `See who may read the directories above it: ls -ld ${shellWord(dirname(directory))}`;
  return problem(directory, `${reason}; nothing in it is read`, remedy);
}

/** The code of the refusal when this process hasn't these rights, or null. */
function deniedAt(path: string, mode: number): Promise<string | null> {
  return access(path, mode).then(() => null, codeOf);
}

/** What exists of the path. */
async function nearestAncestor(
  path: string,
): Promise<{ readonly path: string; readonly isDirectory: boolean }> {
  const parent = dirname(path);
  const facts = await stat(parent).catch(() => null);
  if (facts !== null) return { path: parent, isDirectory: facts.isDirectory() };
  return parent === path ? { path, isDirectory: false } : nearestAncestor(parent);
}
