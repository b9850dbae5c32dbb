import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { errnoOf } from '../errors.ts';

const WRITABLE_BY_OTHERS = 0o022n;

/** Why what has these facts can't be trusted, or null. Windows answers for its users in another way: always null. */
export function distrust({ uid, mode }: Pick<BigIntStats, 'uid' | 'mode'>): string | null {
  const us = process.geteuid?.();
  if (us === undefined) return null;
  if (uid !== BigInt(us)) return `belongs to another user (uid ${uid})`;
  if ((mode & WRITABLE_BY_OTHERS) !== 0n) return 'can be written by others (chmod go-w)';
  return null;
}

export type DirectoryCondition =
  | { readonly kind: 'usable'; readonly identity: string }
  | { readonly kind: 'missing' }
  /** It is there, but what is in it counts for nothing. */
  | { readonly kind: 'untrusted'; readonly reason: string }
  /** What is known of it stays as it was. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Whether the registrations of a directory may be read. Never rejects. */
export async function inspectDirectory(directory: string): Promise<DirectoryCondition> {
  try {
    const facts = await stat(directory, { bigint: true });
    if (!facts.isDirectory()) return { kind: 'untrusted', reason: 'not a directory' };
    const reason = distrust(facts);
    if (reason !== null) return { kind: 'untrusted', reason: `the directory ${reason}` };
    // Inode numbers are used again, birth times are not.
    return { kind: 'usable', identity: `${facts.dev}:${facts.ino}:${facts.birthtimeNs}` };
  } catch (error) {
    return isMissing(error)
      ? { kind: 'missing' }
      : { kind: 'unreadable', reason: `the directory cannot be read (${codeOf(error)})` };
  }
}

/** Whether nothing is at the path that was asked for. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}

/** The code of a system error; its message holds the path, which may hold anything. */
export function codeOf(error: unknown): string {
  return errnoOf(error) ?? 'unknown error';
}
