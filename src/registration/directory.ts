import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Refusal, Registration } from '../../machines/model.ts';
import { DirectoryWatch } from './directory-watch.ts';
import { type FileContent, readRegistrationFile } from './read-file.ts';

/**
 * Milliseconds after which a file that was written is looked at once more: chokidar drops what comes within 5 ms of an
 * event of the same file.
 */
const SECOND_LOOK = 30;

/** Files that are read at the same time. */
const READERS = 32;

export interface RegistrationsOptions {
  /** Absolute, the more important first. */
  readonly directories: readonly string[];
  /** Created, for us alone, if it is missing. */
  readonly ownDirectory?: string;
  /** Hosts that a `url` may name beside loopback. */
  readonly allowHosts: readonly string[];
  /** A file was written and is valid, whether or not it says anything new. */
  onAccepted(registration: Registration): void;
  onRemoved(id: string): void;
  /** A file is refused, or for another reason than before. */
  onRefused(refusal: Refusal): void;
  /** All that was there at first has been accepted or refused. Once. */
  onScanned(): void;
}

interface KnownFile {
  /** The latest event about it; what an earlier one read is out of date. */
  turn: number;
  /** The id that it holds, or that it would hold if another file didn't. */
  id: string | null;
  version: string;
}

/** Watches registration files. `stop` resolves when nothing is watched any more; nothing is told from then on. */
export function watchRegistrations(options: RegistrationsOptions): {
  refusals(): readonly Refusal[];
  stop(): Promise<void>;
} {
  const files = new Map<string, KnownFile>();
  const holders = new Map<string, string>();
  const refusals = new Map<string, string>();
  const first: string[] = [];
  const waiting: (() => void)[] = [];
  let reading = 0;
  let isScanned = false;
  let isStopped = false;

  const read = async (file: string): Promise<FileContent> => {
    if (reading >= READERS) await new Promise<void>((go) => waiting.push(go));
    reading += 1;
    try {
      return await readRegistrationFile(file, options.allowHosts);
    } finally {
      reading -= 1;
      waiting.shift()?.();
    }
  };

  const refuse = (file: string, reason: string) => {
    if (refusals.get(file) === reason) return;
    refusals.set(file, reason);
    options.onRefused({ file, reason });
  };

  /** The id is free: told, and given to the next file that wants it. */
  const release = (id: string, file: string) => {
    if (holders.get(id) !== file) return;
    holders.delete(id);
    options.onRemoved(id);
    for (const [other, known] of files) {
      if (other === file || known.id !== id) continue;
      known.version = '';
      void take(other);
    }
  };

  const apply = (file: string, known: KnownFile, content: FileContent) => {
    if (content.kind === 'gone') {
      files.delete(file);
      refusals.delete(file);
      if (known.id !== null) release(known.id, file);
      return;
    }
    if (content.version !== '' && content.version === known.version) return;
    known.version = content.version;
    if (content.version !== '')
      setTimeout(() => files.has(file) && take(file), SECOND_LOOK).unref();
    if (content.kind === 'refused') {
      // Half written, perhaps: an instance that is known stays as it was.
      refuse(file, content.reason);
      return;
    }
    const { registration } = content;
    const before = known.id;
    known.id = registration.id;
    if (before !== null && before !== registration.id) release(before, file);
    const holder = holders.get(registration.id);
    if (holder !== undefined && holder !== file) {
      refuse(file, `id ${registration.id} is already held by ${holder}`);
      return;
    }
    holders.set(registration.id, file);
    refusals.delete(file);
    options.onAccepted(registration);
  };

  const noteTurn = (file: string): { known: KnownFile; turn: number } => {
    const known = files.get(file) ?? { turn: 0, id: null, version: '' };
    files.set(file, known);
    known.turn += 1;
    return { known, turn: known.turn };
  };

  const take = async (file: string) => {
    if (isStopped) return;
    const { known, turn } = noteTurn(file);
    const content = await read(file);
    if (!isStopped && known.turn === turn) apply(file, known, content);
  };

  const watches = distinct(options).map((directory) => {
    let ready = () => {};
    const isReady = new Promise<void>((resolveReady) => {
      ready = resolveReady;
    });
    const watch = new DirectoryWatch({
      directory,
      isWanted: (name) => name.endsWith('.json'),
      onFile: (file) => {
        if (isScanned || files.has(file)) void take(file);
        else {
          noteTurn(file);
          first.push(file);
        }
      },
      onGone: (file) => {
        const { known } = noteTurn(file);
        if (!isStopped) apply(file, known, { kind: 'gone' });
      },
      onReady: ready,
    });
    return { directory, watch, isReady };
  });

  const rank = (file: string) => watches.findIndex(({ directory }) => directory === dirname(file));
  const scan = async () => {
    await Promise.all(watches.map(({ isReady }) => isReady));
    isScanned = true;
    // By name: at the first scan it is that, not chance, which decides who holds an id.
    first.sort((a, b) => rank(a) - rank(b) || (basename(a) < basename(b) ? -1 : 1));
    const contents = await Promise.all(
      first.map(async (file) => ({ file, turn: files.get(file)?.turn, content: await read(file) })),
    );
    for (const { file, turn, content } of contents) {
      const known = files.get(file);
      if (!isStopped && known !== undefined && known.turn === turn) apply(file, known, content);
    }
    if (!isStopped) options.onScanned();
  };
  void scan();

  return {
    refusals: () => Array.from(refusals, ([file, reason]) => ({ file, reason })),
    stop: async () => {
      isStopped = true;
      await Promise.all(watches.map(({ watch }) => watch.close()));
    },
  };
}

/** The directories, each once, the own one made if it is missing. */
function distinct({ directories, ownDirectory }: RegistrationsOptions): string[] {
  if (ownDirectory !== undefined) {
    try {
      mkdirSync(ownDirectory, { recursive: true, mode: 0o700 });
    } catch {
      // Somebody else may make it: it is watched for like any other.
    }
  }
  const known = new Map<string, string>();
  for (const directory of directories.map((each) => resolve(each))) {
    let real = directory;
    try {
      real = realpathSync(directory);
    } catch {
      // Not there yet.
    }
    if (!known.has(real)) known.set(real, directory);
  }
  return [...known.values()];
}
