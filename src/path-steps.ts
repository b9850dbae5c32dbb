import { type BigIntStats, lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { isAbsolute, join, parse, sep } from 'node:path';
import { errnoOf } from './errors.ts';
import { printable } from './printable.ts';

/** Maximum number of links in a path, as on Linux. */
const MAX_LINKS = 40;

const WRITABLE_BY_ALL = 0o002n;
const STICKY = 0o1000n;

/** The next path to inspect: the path itself or, with `follows`, the target of a link. */
interface Look {
  readonly path: string;
  readonly follows: boolean;
}

interface Found {
  readonly facts: BigIntStats;
  /** The target, if it is a link. */
  readonly target: string | null;
}

/** Why a file or directory can't be trusted. */
export type TrustFaultCode =
  | 'FOREIGN_OWNER'
  | 'NOT_A_DIRECTORY'
  | 'SYMBOLIC_LINK'
  | 'TOO_MANY_LINKS'
  | 'WRITABLE_BY_ALL'
  | 'WRITABLE_BY_OTHERS';

export interface TrustFault {
  readonly code: TrustFaultCode;
  /** For people. Programs go by the code. */
  readonly reason: string;
}

/** A path that can't be trusted. `step` is at fault: the directory itself, or a step that leads to it. */
export interface Untrusted extends TrustFault {
  readonly kind: 'untrusted';
  readonly step: string;
}

/** Where a path leads, or why it can't be trusted. */
export type Destination =
  /** `path` contains no links. */
  | { readonly kind: 'found'; readonly path: string; readonly facts: BigIntStats }
  /** Everything that exists can be trusted. The existing part of `path` contains no links. */
  | { readonly kind: 'missing'; readonly path: string }
  | Untrusted;

type Walk = Generator<Look, Destination, Found | null>;

/** One directory in the path. */
interface Step {
  readonly path: string;
  /** Whether it, or a directory above it, is world-writable. */
  readonly isShared: boolean;
}

/**
 * Resolves the path of a directory step by step, and stops at the first step that another user could replace. For a directory
 * that was named explicitly, it only stops at links of other users. Throws system errors, except when the path doesn't
 * exist.
 */
function* walk(directory: string, isNamed: boolean): Walk {
  const us = process.geteuid?.();
  if (us === undefined) return yield* walkUnchecked(directory);
  const { root } = parse(directory);
  let way: readonly Step[] = [];
  let ahead: readonly string[] = [root, ...partsOf(directory.slice(root.length))];
  let links = 0;
  for (let name = ahead[0]; name !== undefined; name = ahead[0]) {
    ahead = ahead.slice(1);
    const { path: here, isShared } = way.at(-1) ?? { path: '', isShared: false };
    if (name === '..') {
      if (way.length > 1) way = way.slice(0, -1);
      continue;
    }
    const path = join(here, name);
    const found = yield { path, follows: false };
    if (found === null) return { kind: 'missing', path: join(path, ...ahead) };
    const { facts, target } = found;
    const isLast = ahead.length === 0;
    const fault =
      target === null
        ? isNamed || isLast
          ? null
          : distrustStep(facts, isShared, us)
        : distrustLink(facts, isShared, isLast, isNamed, us);
    if (fault !== null) return untrusted(path, fault);
    if (target === null) {
      if (isLast) return { kind: 'found', path, facts };
      const isOpen = (facts.mode & WRITABLE_BY_ALL) !== 0n;
      way = [...way, { path, isShared: isShared || isOpen }];
      continue;
    }
    links += 1;
    if (links > MAX_LINKS)
      return { kind: 'untrusted', code: 'TOO_MANY_LINKS', reason: 'too many links', step: path };
    ahead = [...(isAbsolute(target) ? [root] : []), ...partsOf(target), ...ahead];
    if (isAbsolute(target)) way = [];
  }
  // The path, or a link in it, ends in `..`.
  return yield* walkUnchecked(way.at(-1)?.path ?? root);
}

/** For Windows, which has no owners and modes to check. */
function* walkUnchecked(path: string): Walk {
  const found = yield { path, follows: true };
  return found === null ? { kind: 'missing', path } : { kind: 'found', path, facts: found.facts };
}

/** Why another user could replace an entry of this directory, or null. */
function distrustStep(facts: BigIntStats, isShared: boolean, us: number): TrustFault | null {
  if (!isOfUsOrRoot(facts, isShared, us)) {
    return { code: 'FOREIGN_OWNER', reason: `belongs to another user (uid ${facts.uid})` };
  }
  const isOpen = (facts.mode & (WRITABLE_BY_ALL | STICKY)) === WRITABLE_BY_ALL;
  if (!isOpen) return null;
  return {
    code: 'WRITABLE_BY_ALL',
    reason: 'is world-writable without the sticky bit (chmod o-w)',
  };
}

function distrustLink(
  facts: BigIntStats,
  isShared: boolean,
  isLast: boolean,
  isNamed: boolean,
  us: number,
): TrustFault | null {
  if (!isOfUsOrRoot(facts, isShared, us)) {
    return { code: 'FOREIGN_OWNER', reason: `is a link of another user (uid ${facts.uid})` };
  }
  if (isNamed) return null;
  const code = 'SYMBOLIC_LINK';
  if (isShared) return { code, reason: 'is a link in a world-writable directory' };
  return isLast ? { code, reason: 'is a link' } : null;
}

function isOfUsOrRoot({ uid }: BigIntStats, isShared: boolean, us: number): boolean {
  if (uid === BigInt(us) || uid === 0n) return true;
  return !isShared && uid === rootsOtherUid();
}

let otherUid: bigint | null | undefined;

/**
 * The uid of root as seen from a user namespace without root, such as those of Flatpak and bubblewrap. All users outside
 * share it, so it can only be trusted for directories that are not world-writable. Null outside such a namespace.
 */
function rootsOtherUid(): bigint | null {
  if (otherUid !== undefined) return otherUid;
  otherUid = null;
  try {
    const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
    const hasRoot = ranges.some((range) => range.trim().split(/\s+/)[0] === '0');
    if (!hasRoot) otherUid = BigInt(readFileSync('/proc/sys/kernel/overflowuid', 'utf8').trim());
  } catch {
    // The system has no user namespaces.
  }
  return otherUid;
}

function untrusted(step: string, { code, reason }: TrustFault): Untrusted {
  return { kind: 'untrusted', code, reason: `${printable(step)} ${reason}`, step };
}

function partsOf(path: string): string[] {
  return path.split(sep).filter((part) => part !== '' && part !== '.');
}

/** Resolves the path of a directory; see {@link walk}. Rejects with system errors. */
export async function walkTo(directory: string, isNamed: boolean): Promise<Destination> {
  const walking = walk(directory, isNamed);
  let next = walking.next();
  while (!next.done) {
    const { path, follows } = next.value;
    try {
      const facts = await (follows ? stat : lstat)(path, { bigint: true });
      const target = facts.isSymbolicLink() ? await readlink(path) : null;
      next = walking.next({ facts, target });
    } catch (error) {
      if (!isMissing(error)) throw error;
      next = walking.next(null);
    }
  }
  return next.value;
}

/** The synchronous form of {@link walkTo}. Throws system errors. */
export function walkToSync(directory: string, isNamed: boolean): Destination {
  const walking = walk(directory, isNamed);
  let next = walking.next();
  while (!next.done) {
    const { path, follows } = next.value;
    try {
      const facts = (follows ? statSync : lstatSync)(path, { bigint: true });
      const target = facts.isSymbolicLink() ? readlinkSync(path) : null;
      next = walking.next({ facts, target });
    } catch (error) {
      if (!isMissing(error)) throw error;
      next = walking.next(null);
    }
  }
  return next.value;
}

/** Whether an error says that the path doesn't exist. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
}
