import { resolve } from 'node:path';
import type { GivenOptions } from '../config/config.ts';
import { UsageError } from '../errors.ts';
import { announcementDirectory } from '../paths.ts';
import { printable } from '../printable.ts';
import { parseRegistration } from '../registration/schema.ts';
import type { Parameter } from './arguments.ts';

/** What every command that announces an instance takes. */
export const ANNOUNCING: readonly Parameter[] = ['name', 'id', 'path', 'instances-dir'].map(
  (name) => ({ name, takes: 'value' }),
);

/** What was said of an instance, and where it is announced. */
export interface Announcing {
  readonly directory: string;
  /** Whether somebody has named the directory. */
  readonly isNamed: boolean;
  /** Absolute. */
  readonly path: string;
  readonly id?: string;
  readonly name?: string;
}

/** The last value of an option, or undefined. */
export function textOf(options: GivenOptions, name: string): string | undefined {
  const value = options[name]?.at(-1);
  return typeof value === 'string' ? value : undefined;
}

/** Reads {@link ANNOUNCING}. Throws {@link UsageError} for what hubs would refuse. */
export function readAnnouncing(options: GivenOptions): Announcing {
  for (const each of ['path', 'instances-dir']) {
    if (textOf(options, each) === '') throw new UsageError(`--${each}: "" is not a path`);
  }
  const [id, name] = [textOf(options, 'id'), textOf(options, 'name')];
  const facts = {
    path: resolve(textOf(options, 'path') ?? '.'),
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
  };
  checkFacts({ id: 'any', name: 'any', port: 1, ...facts });
  const named = textOf(options, 'instances-dir');
  const { directory, isNamed } =
    named === undefined ? announcementDirectory() : { directory: named, isNamed: true };
  return { ...facts, directory: resolve(directory), isNamed };
}

/** Throws {@link UsageError} for facts of a registration that hubs would refuse. */
export function checkFacts(facts: Readonly<Record<string, string | number>>): void {
  const parsed = parseRegistration(JSON.stringify(facts));
  if ('reason' in parsed) throw new UsageError(`--${parsed.reason}`);
}

/** The number that an option gives; undefined when it isn't given. */
export function numberOf(options: GivenOptions, name: string): number | undefined {
  const text = textOf(options, name);
  if (text === undefined || /^\d{1,10}$/.test(text))
    return text === undefined ? text : Number(text);
  throw new UsageError(`--${name}: ${printable(JSON.stringify(text))} is not a whole number`);
}
