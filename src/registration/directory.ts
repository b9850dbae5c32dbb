import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Refusal, Registration } from '../../machines/model.ts';
import { printable } from '../printable.ts';
import type { DirectoryCondition } from '../trust.ts';
import { Claims } from './claims.ts';
import { distinctDirectories } from './distinct-directories.ts';
import { InOrder } from './in-order.ts';
import { type FileFound, readFile, type Seen } from './read-file.ts';
import { Refusals } from './refusals.ts';
import { type Announced, parseRegistration } from './schema.ts';
import { WatchedDirectory } from './watched-directory.ts';

export interface RegistrationsOptions {
  /** Each may be missing. Of two files with one id, the one in the earlier directory is found first. */
  readonly directories: readonly string[];
  /**
   * Whether somebody has named the directories; see {@link Naming}.
   * @defaultValue true
   */
  readonly areNamed?: boolean;
  /** Hosts beside loopback that a `url` may name. */
  readonly allowHosts: readonly string[];
  /** A file was read and holds its id: new, changed, or written again with the same facts. */
  onAccepted(registration: Registration): void;
  /** The file that held this id is gone, has another id, or can't be trusted any more. */
  onRemoved(id: string): void;
  /** Once for each file and reason. */
  onRefused(refusal: Refusal): void;
  /** Once: everything that was there at the start has been accepted or refused. */
  onScanned(): void;
  readonly log?: (
    level: 'debug' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, string>>,
  ) => void;
  /**
   * Milliseconds between looks at a directory that no event asked for.
   * @defaultValue 30 s
   */
  readonly lookAnyway?: number;
}

export interface Registrations {
  /** The files and directories that are refused now. */
  refusals(): readonly Refusal[];
  /** Nothing is called from now on; resolves when nothing is watched or read any more. */
  stop(): Promise<void>;
}

/** Milliseconds until a file is read again for which there was no file descriptor. */
const AGAIN = 1_000;

/** Milliseconds without a further one after which a shortage of descriptors is over, and the next one is logged. */
const SHORTAGE = 60_000;

/** Stands for a file that is there but was not read: whatever it is next time, it is news. */
const UNREAD: Seen = { stamp: '', digest: '', isSettled: false };

type FileVerdict =
  | Exclude<FileFound, { readonly kind: 'read' }>
  | { readonly kind: 'valid'; readonly registration: Registration; readonly seen: Seen }
  | { readonly kind: 'invalid'; readonly reason: string; readonly seen: Seen };

/** Reads and watches registration files from now on. Calls back later, never at once, and never throws. */
export function watchRegistrations(options: RegistrationsOptions): Registrations {
  const { directories, areNamed: isNamed = true, allowHosts, log } = options;
  let watched: readonly WatchedDirectory[] = [];
  let stopped = false;
  const seen = new Map<string, Seen>();
  const identities = new Map<string, string>();

  const report = (error: unknown) => {
    const said = error instanceof Error ? error.message : String(error);
    log?.('error', 'a registration could not be dealt with', { error: said });
  };
  const tell = (call: () => void) => {
    if (stopped) return;
    try {
      call();
    } catch (error) {
      report(error);
    }
  };
  const refusals = new Refusals((refusal) => tell(() => options.onRefused(refusal)));
  const ranks = new Map(directories.map((directory, rank) => [directory, rank]));
  const rankOf = (file: string) => ranks.get(dirname(file)) ?? directories.length;
  const claims = new Claims(
    (a, b) => rankOf(a) - rankOf(b) || (basename(a) < basename(b) ? -1 : 1),
    {
      onHeld: (registration) => {
        refusals.accept(registration.file);
        tell(() => options.onAccepted(registration));
      },
      onReleased: (id) => tell(() => options.onRemoved(id)),
      onVacant: (file) => visit(file),
      onWaiting: ({ id, file }, holder) =>
        refusals.refuse(file, `id ${id} is already held by ${printable(holder)}`),
    },
  );
  const work = new InOrder(report);

  const judge = async (file: string): Promise<FileVerdict> => {
    const found = await readFile(file, seen.get(file), {
      isNamed,
      identity: identities.get(dirname(file)),
    });
    if (found.kind !== 'read') return found;
    const parsed = parseRegistration(found.bytes, { file, allowHosts });
    if ('reason' in parsed) return { kind: 'invalid', reason: parsed.reason, seen: found.seen };
    return { kind: 'valid', registration: await complete(parsed.registration), seen: found.seen };
  };

  const apply = (file: string, verdict: FileVerdict) => {
    if (stopped) return;
    if (verdict.kind === 'unchanged') return claims.confirm(file);
    if (verdict.kind === 'unreadable' && verdict.isOurs) return visitAgain(file);
    if (verdict.kind === 'gone') {
      seen.delete(file);
      refusals.forget(file);
      claims.withdraw(file);
      return;
    }
    if ('seen' in verdict) {
      const last = seen.get(file);
      seen.set(file, verdict.seen);
      // One write can ring twice, and its second reading finds the same.
      if (last?.stamp === verdict.seen.stamp && last.digest === verdict.seen.digest) {
        return claims.confirm(file);
      }
      if (verdict.kind === 'valid') return claims.claim(verdict.registration);
    } else {
      seen.set(file, UNREAD);
    }
    // What is half written now was whole before: the instance stays. What can't be trusted takes it along.
    if (verdict.kind === 'untrusted' || !claims.holds(file)) claims.withdraw(file);
    refusals.refuse(file, verdict.reason);
  };

  const visit = (file: string) => {
    if (stopped) return;
    work.add(file, async () => {
      const verdict = await judge(file);
      return () => apply(file, verdict);
    });
  };

  let shortAt = Number.NEGATIVE_INFINITY;
  const visitAgain = (file: string) => {
    if (performance.now() - shortAt > SHORTAGE) {
      log?.('warn', 'out of file descriptors: registrations are read again soon');
    }
    shortAt = performance.now();
    // Known, so that it is noticed when it goes.
    if (!seen.has(file)) seen.set(file, UNREAD);
    setTimeout(() => visit(file), AGAIN).unref();
  };

  const takeLook = (directory: string, condition: DirectoryCondition, names: readonly string[]) => {
    if (condition.kind === 'usable') identities.set(directory, condition.identity);
    else identities.delete(directory);
    if ('reason' in condition) refusals.refuse(directory, condition.reason);
    else refusals.forget(directory);
    const files = new Set([...names].sort().map((name) => join(directory, name)));
    for (const file of files) visit(file);
    // Each that was known and isn't listed is looked for once more: it may have come after the listing.
    for (const file of seen.keys()) {
      if (dirname(file) === directory && !files.has(file)) visit(file);
    }
  };

  const start = async () => {
    const distinct = await distinctDirectories(directories, { isNamed });
    if (stopped) return;
    for (const [rank, directory] of distinct.entries()) ranks.set(directory, rank);
    watched = distinct.map(
      (directory) =>
        new WatchedDirectory({
          directory,
          isNamed,
          onName: (name) => visit(join(directory, name)),
          onLook: (condition, names) => takeLook(directory, condition, names),
          onTrouble: (message, error) => log?.('warn', message, { directory, error }),
          ...(options.lookAnyway === undefined ? {} : { lookAnyway: options.lookAnyway }),
        }),
    );
    // One after the other: the files of the earlier directory are asked for, and so judged, first.
    for (const directory of watched) await directory.look();
    work.add('', async () => () => tell(() => options.onScanned()));
  };
  const started = start().catch(report);

  return {
    refusals: () => refusals.list(),
    stop: async () => {
      stopped = true;
      await Promise.all(watched.map((directory) => directory.stop()));
      await Promise.all([started, work.stop()]);
    },
  };
}

/** Looks itself where the file doesn't say. */
async function complete(announced: Announced): Promise<Registration> {
  const hasPackageJson =
    announced.hasPackageJson ??
    (await access(join(announced.path, 'package.json')).then(
      () => true,
      () => false,
    ));
  return { ...announced, hasPackageJson };
}
