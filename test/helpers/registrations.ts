import { randomBytes } from 'node:crypto';
import { mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterTest } from './cleanup.ts';

/** A temporary directory with mode 0700 for this test. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-test-')));
  afterTest(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes a file atomically, as registrations are written. */
export function writeInOneStep(file: string, content: string | Buffer): void {
  const draft = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(draft, content, { mode: 0o600 });
  renameSync(draft, file);
}

/** Registers an instance. Name, path and id are derived from the given fields. Returns the file. */
export function register(
  directory: string,
  facts: { readonly id: string; readonly port: number } & Readonly<Record<string, unknown>>,
): string {
  const file = join(directory, `${facts.id}.json`);
  const registration = { name: facts.id, path: `/projects/${facts.id}`, ...facts };
  writeInOneStep(file, JSON.stringify(registration));
  return file;
}
