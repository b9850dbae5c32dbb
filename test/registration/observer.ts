import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Refusal, Registration } from '../../machines/model.ts';
import { type RegistrationsOptions, watchRegistrations } from '../../src/registration/directory.ts';

/** Valid fields, and those given. */
export function fields(id: string, given: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, name: `name of ${id}`, path: '/home/me/web', port: 7778, ...given };
}

/** Writes a file as instances do: under another name first. */
export function put(file: string, content: unknown): void {
  const draft = join(dirname(file), `.${basename(file)}.tmp`);
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

/** What a watcher told, in its order. */
export type Told =
  | { readonly type: 'accepted'; readonly registration: Registration }
  | { readonly type: 'removed'; readonly id: string }
  | ({ readonly type: 'refused' } & Refusal)
  | { readonly type: 'scanned' };

export interface Observer {
  readonly told: readonly Told[];
  refusals(): readonly Refusal[];
  /** What was told of an id, as words, in order. */
  storyOf(id: string): string[];
  accepted(id: string): Registration[];
  /** Resolves when `isSo` holds, checked at everything that is told. */
  until(isSo: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

export function observe(
  options: Pick<RegistrationsOptions, 'directories'> & Partial<RegistrationsOptions>,
): Observer {
  const told: Told[] = [];
  let waiting: (() => void)[] = [];
  const tell = (event: Told) => {
    told.push(event);
    for (const check of waiting) check();
  };
  const watcher = watchRegistrations({
    allowHosts: [],
    onAccepted: (registration) => tell({ type: 'accepted', registration }),
    onRemoved: (id) => tell({ type: 'removed', id }),
    onRefused: (refusal) => tell({ type: 'refused', ...refusal }),
    onScanned: () => tell({ type: 'scanned' }),
    ...options,
  });
  const accepted = (id: string) =>
    told.flatMap((event) =>
      event.type === 'accepted' && event.registration.id === id ? [event.registration] : [],
    );
  return {
    told,
    refusals: watcher.refusals,
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
    stop: watcher.stop,
  };
}

/** A scratch directory with one of registrations in it, and an observer that has scanned it. All gone after `end`. */
export async function observeScratch(given: Partial<RegistrationsOptions> = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'signalbox-registration-'));
  const directory = join(scratch, 'instances');
  mkdirSync(directory, { mode: 0o700 });
  const observer = observe({ directories: [directory], ...given });
  await observer.until(() => observer.told.some(({ type }) => type === 'scanned'));
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
