import { type BigIntStats, mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { errnoOf } from './errors.ts';
import {
  type Destination,
  type TrustFault,
  type Untrusted,
  walkTo,
  walkToSync,
} from './path-steps.ts';
import { printable } from './printable.ts';

const WRITABLE_BY_OTHERS = 0o022n;

/** Why a file with these stats can't be trusted, or null. Always null on Windows, which has no owners and modes to check. */
export function distrust({ uid, mode }: Pick<BigIntStats, 'uid' | 'mode'>): TrustFault | null {
  const us = process.geteuid?.();
  if (us === undefined) return null;
  if (uid !== BigInt(us)) {
    return { code: 'FOREIGN_OWNER', reason: `belongs to another user (uid ${uid})` };
  }
  if ((mode & WRITABLE_BY_OTHERS) === 0n) return null;
  return { code: 'WRITABLE_BY_OTHERS', reason: 'can be written by others (chmod go-w)' };
}

export type DirectoryCondition =
  /** `path` contains no links. */
  | { readonly kind: 'usable'; readonly identity: string; readonly path: string }
  | { readonly kind: 'missing'; readonly path: string }
  /** It exists, but its contents are ignored. */
  | Untrusted
  /** It can't be read at the moment, so what is known about it is kept. */
  | Unreadable;

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly code: 'UNREADABLE';
  readonly reason: string;
}

export interface Naming {
  /**
   * Whether the directory was named explicitly. It may then be a symbolic link of the user's own. A default directory must
   * have no step in its path that another user could replace.
   */
  readonly isNamed: boolean;
}

/** Whether the contents of a directory can be trusted. Never rejects. */
export async function inspectDirectory(
  directory: string,
  { isNamed }: Naming = { isNamed: true },
): Promise<DirectoryCondition> {
  try {
    return conditionOf(directory, await walkTo(directory, isNamed));
  } catch (error) {
    return unreadable(error);
  }
}

/** The synchronous form of {@link inspectDirectory}. Never throws. */
export function inspectDirectorySync(directory: string, { isNamed }: Naming): DirectoryCondition {
  try {
    return conditionOf(directory, walkToSync(directory, isNamed));
  } catch (error) {
    return unreadable(error);
  }
}

/** Whether the path still leads to the trusted directory with this identity. Cheaper than inspecting it again. */
export async function isStill(directory: string, identity: string): Promise<boolean> {
  const facts = await stat(directory, { bigint: true }).catch(() => null);
  return facts !== null && identityOf(facts) === identity && distrust(facts) === null;
}

/**
 * Creates a directory with mode 0700 if it doesn't exist. Throws if that fails, and if the directory, or a step in its path,
 * can't be trusted.
 */
export function makeDirectory(directory: string, naming: Naming): void {
  let condition = inspectDirectorySync(directory, naming);
  if (condition.kind === 'missing') {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    condition = inspectDirectorySync(directory, naming);
  }
  if (condition.kind === 'usable') return;
  const reason = condition.kind === 'missing' ? 'it was removed again' : condition.reason;
  throw new Error(`${printable(directory)} cannot be used: ${reason}`);
}

function conditionOf(directory: string, destination: Destination): DirectoryCondition {
  if (destination.kind !== 'found') return destination;
  const { facts, path } = destination;
  if (!facts.isDirectory()) {
    const reason = 'not a directory';
    return { kind: 'untrusted', code: 'NOT_A_DIRECTORY', reason, step: directory };
  }
  const fault = distrust(facts);
  if (fault === null) return { kind: 'usable', identity: identityOf(facts), path };
  const reason = `the directory ${fault.reason}`;
  return { kind: 'untrusted', code: fault.code, reason, step: directory };
}

/** Inode numbers are reused; together with the birth time they are unique. */
function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

/** A directory that the system doesn't let us read. */
export function unreadable(error: unknown): Unreadable {
  const reason = `the directory cannot be read (${codeOf(error)})`;
  return { kind: 'unreadable', code: 'UNREADABLE', reason };
}

/** Whether an error says that no file descriptors are left. */
export function isShortage(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(codeOf(error));
}

/** The code of a system error. Its message is not used, because it contains the path, which may contain any character. */
export function codeOf(error: unknown): string {
  return errnoOf(error) ?? 'unknown error';
}
