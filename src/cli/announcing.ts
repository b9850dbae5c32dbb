import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { announcementDirectory } from '../paths.ts';
import { parseRegistration } from '../registration/schema.ts';

/** The options of a command that registers an instance. */
export interface AnnouncingOptions {
  readonly name: string | null;
  readonly id: string | null;
  readonly path: string | null;
  readonly instancesDir: string | null;
}

/** The given facts of an instance, and the directory that it is registered in. */
export interface Announcing {
  readonly directory: string;
  /** Whether the user named the directory. */
  readonly isNamed: boolean;
  /** Absolute. */
  readonly path: string;
  readonly id?: string;
  readonly name?: string;
}

/** Reads the options. Throws {@link UsageError} for values that hubs would refuse. */
export function readAnnouncing({ name, id, path, instancesDir }: AnnouncingOptions): Announcing {
  const facts = {
    path: resolve(path ?? '.'),
    ...(id === null ? {} : { id }),
    ...(name === null ? {} : { name }),
  };
  checkFacts({ id: 'any', name: 'any', port: 1, ...facts });
  const { directory, isNamed } =
    instancesDir === null ? announcementDirectory() : { directory: instancesDir, isNamed: true };
  return { ...facts, directory: resolve(directory), isNamed };
}

/** Throws {@link UsageError} if hubs would refuse a registration with these facts. */
export function checkFacts(facts: Readonly<Record<string, string | number>>): void {
  const parsed = parseRegistration(JSON.stringify(facts));
  if ('reason' in parsed) throw new UsageError(`--${parsed.reason}`);
}
