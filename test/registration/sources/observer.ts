import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Origin, Refusal, Registration } from '../../../machines/model.ts';
import { Registry, type RegistryOptions } from '../../../src/registration/registry.ts';
import {
  DirectorySource,
  type DirectorySourceOptions,
} from '../../../src/registration/sources/directory.ts';

/** Valid fields, and those given. */
export function fields(id: string, given: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, name: `name of ${id}`, path: '/home/me/web', port: 7778, ...given };
}

/** The origin of a file's registration. */
export function fileOrigin(file: string): Origin {
  return { kind: 'file', file };
}

/** Writes a file as instances do: under another name first. */
export function put(file: string, content: unknown): void {
  const draft = join(dirname(file), `.${basename(file)}.tmp`);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

/** What a registry told, in its order. */
export type Told =
  | { readonly type: 'accepted'; readonly registration: Registration }
  | { readonly type: 'removed'; readonly id: string }
  | ({ readonly type: 'refused' } & Refusal)
  | { readonly type: 'scanned' };

export interface Observer {
  readonly told: readonly Told[];
  refusals(): readonly Refusal[];
  /** Forgets what was told. */
  clear(): void;
  /** What was told of an id, as words, in order. */
  storyOf(id: string): string[];
  accepted(id: string): Registration[];
  /** Resolves when `isSo` holds, checked at everything that is told. */
  until(isSo: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

type Observed = Pick<DirectorySourceOptions, 'directories' | 'areNamed' | 'lookAnyway'> &
  Partial<Pick<RegistryOptions, 'onRefused' | 'log'>>;

/** Watches directories as a hub does: a source of files, and a registry. */
export function observe({ onRefused, log, ...directories }: Observed): Observer {
  const told: Told[] = [];
  let waiting: (() => void)[] = [];
  const tell = (event: Told) => {
    told.push(event);
    for (const check of waiting) check();
  };
  const registry = new Registry({
    sources: [new DirectorySource({ allowHosts: [], ...directories })],
    onAccepted: (registration) => tell({ type: 'accepted', registration }),
    onRemoved: (id) => tell({ type: 'removed', id }),
    onRefused: onRefused ?? ((refusal) => tell({ type: 'refused', ...refusal })),
    onScanned: () => tell({ type: 'scanned' }),
    ...(log === undefined ? {} : { log }),
  });
  registry.start();
  const accepted = (id: string) =>
    told.flatMap((event) =>
      event.type === 'accepted' && event.registration.id === id ? [event.registration] : [],
    );
  return {
    told,
    refusals: () => registry.refusals(),
    clear: () => {
      told.length = 0;
    },
    accepted,
    storyOf: (id) =>
      told.flatMap((event) => {
        if (event.type === 'accepted' && event.registration.id === id) return ['accepted'];
        return event.type === 'removed' && event.id === id ? ['removed'] : [];
      }),
    until: (isSo) =>
      new Promise((resolve) => {
        const check = () => {
          if (!isSo()) return;
          waiting = waiting.filter((other) => other !== check);
          resolve();
        };
        waiting = [...waiting, check];
        check();
      }),
    stop: () => registry.stop(),
  };
}

/** A scratch directory with one of registrations in it, and an observer that has scanned it. All gone after `end`. */
export async function observeScratch(given: Partial<Observed> = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'signalbox-registration-'));
  const directory = join(scratch, 'instances');
  mkdirSync(directory, { mode: 0o700 });
  const observer = observe({ directories: [directory], ...given });
  await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
  // Whatever comes after the scan is found once the directory is watched.
  const first = join(directory, 'first.json');
  put(first, fields('first'));
  await observer.until(() => observer.accepted('first').length > 0);
  rmSync(first);
  await observer.until(() => observer.storyOf('first').includes('removed'));
  observer.clear();
  let markers = 0;
  return {
    scratch,
    directory,
    observer,
    /** Resolves when all that was written before has been dealt with: files are, in the order of their events. */
    settled: async () => {
      markers += 1;
      const id = `marker-${markers}`;
      put(join(directory, `${id}.json`), fields(id));
      await observer.until(() => observer.accepted(id).length > 0);
    },
    end: async () => {
      await observer.stop();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

export type Scratch = Awaited<ReturnType<typeof observeScratch>>;
