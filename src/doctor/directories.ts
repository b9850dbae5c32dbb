import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { Origin } from '../../machines/model.ts';
import { ownInstancesDirectories, ownInstancesDirectory, type Surroundings } from '../paths.ts';
import { REFUSAL_CODES } from '../registration/refusal-codes.ts';
import { codeOf, type DirectoryCondition, inspectDirectory } from '../trust.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';

const { ok, note, problem } = findingsOf('directories');

/** The directories that are searched for registrations. */
export interface Directories {
  /** Absolute, without duplicates. */
  readonly directories: readonly string[];
  /** Whether the user named them. Otherwise they are the default ones, and registrations are written to our own. */
  readonly areNamed: boolean;
  readonly where: Surroundings;
  readonly instances: readonly { readonly origin: Origin }[];
}

/** Checks whether each directory can be used, and where registrations are written to. */
export async function checkDirectories(given: Directories): Promise<Finding[]> {
  const { directories, areNamed, where } = given;
  if (areNamed) return Promise.all(directories.map(namedDirectory));
  const own = ownInstancesDirectory(where);
  const owns = ownInstancesDirectories(where);
  const found = directories.map((directory) => {
    if (directory === own) return ownDirectory(directory);
    return owns.includes(directory)
      ? otherOwnDirectory(directory, own, given)
      : brummersDirectory(directory);
  });
  return [...runtimeDirectory(where), ...(await Promise.all(found))];
}

/** Relative paths are ignored, as the XDG specification demands. */
function runtimeDirectory(where: Surroundings): Finding[] {
  const path = where.env['XDG_RUNTIME_DIR'];
  if (where.platform !== 'linux' || (path && isAbsolute(path))) return [];
  const own = ownInstancesDirectory(where);
  const fault = path ? `not an absolute path (${path})` : 'not set';
  const says = `${fault}, so "run" and "register" write to ${own}; hubs watch that directory, too`;
  return [note('XDG_RUNTIME_DIR', says)];
}

async function ownDirectory(directory: string): Promise<Finding> {
  const condition = await inspectDirectory(directory, { isNamed: false });
  if (condition.kind === 'missing') return missingOwn(directory);
  if (condition.kind !== 'usable') return unusable(directory, condition);
  const { R_OK, W_OK, X_OK } = constants;
  const denied = await deniedAt(directory, R_OK | W_OK | X_OK);
  if (denied === null) return ok(directory, 'ours; registrations are written and read here');
  return problem(
    directory,
    `ours, but cannot be written (${denied})`,
    `chmod u+rwx ${shellWord(directory)}`,
  );
}

/** Hubs and servers create it if they can. */
async function missingOwn(directory: string): Promise<Finding> {
  const ancestor = await nearestAncestor(directory);
  const { isDirectory } = ancestor;
  const denied = isDirectory
    ? await deniedAt(ancestor.path, constants.W_OK | constants.X_OK)
    : 'it is not a directory';
  if (denied === null) return note(directory, 'missing; the first hub or server creates it');
  return problem(
    directory,
    `missing, and cannot be created in ${ancestor.path} (${denied})`,
    'Create it with mode 0700, or set XDG_RUNTIME_DIR to a directory of yours.',
  );
}

async function namedDirectory(directory: string): Promise<Finding> {
  const condition = await inspectDirectory(directory, { isNamed: true });
  if (condition.kind === 'missing') {
    return note(directory, 'missing; hubs find it once it exists', 'Check the spelling.');
  }
  if (condition.kind !== 'usable') return unusable(directory, condition);
  return (await unreadable(directory)) ?? ok(directory, 'ours; registrations are read here');
}

/** The directories that processes of this user write to in other environments. */
async function otherOwnDirectory(
  directory: string,
  own: string,
  { instances }: Directories,
): Promise<Finding> {
  const condition = await inspectDirectory(directory, { isNamed: false });
  if (condition.kind === 'missing') return ok(directory, 'missing; nothing is registered here');
  if (condition.kind !== 'usable') return unusable(directory, condition);
  const denied = await unreadable(directory);
  if (denied !== null) return denied;
  const here = instances.filter(({ origin }) => dirname(origin.file) === directory);
  if (here.length === 0) return ok(directory, 'ours; registrations are read here');
  const count = here.length === 1 ? '1 server is' : `${here.length} servers are`;
  const says = `${count} registered here from another environment; this one writes to ${own}`;
  return note(directory, `${says}. Hubs read both`);
}

async function brummersDirectory(directory: string): Promise<Finding> {
  const condition = await inspectDirectory(directory, { isNamed: false });
  if (condition.kind === 'missing') {
    return ok(directory, 'missing; Brummer has registered nothing here');
  }
  if (condition.kind !== 'usable') {
    // On a shared machine, the one in the temporary directory belongs to whoever created it first.
    return condition.code === 'FOREIGN_OWNER'
      ? note(directory, `${condition.reason}; nothing in it is read`)
      : unusable(directory, condition);
  }
  return (await unreadable(directory)) ?? ok(directory, 'ours; registrations are read here');
}

async function unreadable(directory: string): Promise<Finding | null> {
  const denied = await deniedAt(directory, constants.R_OK | constants.X_OK);
  if (denied === null) return null;
  const chmod = `chmod u+rx ${shellWord(directory)}`;
  return problem(directory, `ours, but cannot be read (${denied})`, chmod);
}

type Unusable = Extract<DirectoryCondition, { readonly reason: string }>;

function unusable(directory: string, condition: Unusable): Finding {
  return problem(
    directory,
    `${condition.reason}; nothing in it is read`,
    remedyFor(directory, condition),
  );
}

/** How to fix a directory that can't be used. */
function remedyFor(directory: string, condition: Unusable): string {
  const step = shellWord(condition.kind === 'untrusted' ? condition.step : dirname(directory));
  switch (condition.code) {
    case 'UNREADABLE':
      return `Check who may read the directories above it: ls -ld ${step}`;
    case 'WRITABLE_BY_OTHERS':
    case 'WRITABLE_BY_ALL':
      return REFUSAL_CODES[condition.code].remedy(step);
    case 'FOREIGN_OWNER':
      return `Make yourself the owner of ${step} (chown), or name another directory with --instances-dir.`;
    case 'NOT_A_DIRECTORY':
    case 'SYMBOLIC_LINK':
    case 'TOO_MANY_LINKS':
      return `Replace ${step} with a directory of yours, or name another one with --instances-dir.`;
  }
}

/** The error code if this process lacks these permissions, or null. */
function deniedAt(path: string, mode: number): Promise<string | null> {
  return access(path, mode).then(() => null, codeOf);
}

/** The nearest ancestor that exists. */
async function nearestAncestor(
  path: string,
): Promise<{ readonly path: string; readonly isDirectory: boolean }> {
  const parent = dirname(path);
  const facts = await stat(parent).catch(() => null);
  if (facts !== null) return { path: parent, isDirectory: facts.isDirectory() };
  return parent === path ? { path, isDirectory: false } : nearestAncestor(parent);
}
