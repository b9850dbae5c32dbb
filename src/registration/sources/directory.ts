import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Origin, Registration } from '../../../machines/model.ts';
import type { Logger } from '../../log.ts';
import type { DirectoryCondition } from '../../trust.ts';
import { distinctDirectories } from '../distinct-directories.ts';
import { type Announced, type ParseFault, parseRegistration } from '../schema.ts';
import { InOrder } from './in-order.ts';
import { type FileFound, readFile, type Seen } from './read-file.ts';
import type { Source, SourceReports } from './source.ts';
import { WatchedDirectory } from './watched-directory.ts';

export interface DirectorySourceOptions {
  /** Each may be missing. Files of an earlier directory come first. */
  readonly directories: readonly string[];
  /**
   * Whether the user has named the directories; see {@link Naming}.
   * @defaultValue true
   */
  readonly areNamed?: boolean;
  /** Hosts that a `url` may name in addition to loopback. */
  readonly allowHosts: readonly string[];
  readonly log?: Pick<Logger, 'warn' | 'error'>;
  /**
   * Milliseconds between periodic checks of a directory.
   * @defaultValue 30 s
   */
  readonly lookAnyway?: number;
}

/** Milliseconds until a file is read again after there was no file descriptor for it. */
const AGAIN = 1_000;

/** Milliseconds after which a shortage of descriptors counts as over, so that the next one is logged. */
const SHORTAGE = 60_000;

/** A file that exists but was not read. Its next state is new in any case. */
const UNREAD: Seen = { stamp: '', digest: '', isSettled: false };

/** What is known about a file: its last stamp, and its registration unless that was refused. */
interface Known {
  readonly seen: Seen;
  readonly registration: Registration | null;
}

type FileVerdict =
  | Exclude<FileFound, { readonly kind: 'read' }>
  | { readonly kind: 'valid'; readonly registration: Registration; readonly seen: Seen }
  | ({ readonly kind: 'invalid'; readonly seen: Seen } & ParseFault);

/** Registration files in directories. */
export class DirectorySource implements Source {
  readonly #options: DirectorySourceOptions;
  readonly #ranks: Map<string, number>;
  readonly #known = new Map<string, Known>();
  /** The identity of each directory when it was last usable. */
  readonly #identities = new Map<string, string>();
  readonly #refusedDirectories = new Set<string>();
  /** Files whose next reading is reported even if it finds nothing new. */
  readonly #asked = new Set<string>();
  readonly #work = new InOrder((error) => this.#fail(error));
  /** Null before the start and after the stop. */
  #reports: SourceReports | null = null;
  #directories: readonly WatchedDirectory[] = [];
  #scanning: Promise<void> = Promise.resolve();
  #watching: Promise<void> = Promise.resolve();
  #shortAt = Number.NEGATIVE_INFINITY;

  constructor(options: DirectorySourceOptions) {
    this.#options = options;
    this.#ranks = new Map(options.directories.map((directory, rank) => [directory, rank]));
  }

  start(reports: SourceReports): void {
    this.#reports = reports;
    this.#scanning = this.#scan().catch((error) => this.#fail(error));
  }

  /** By directory, then by file name. */
  compare({ file: a }: Origin, { file: b }: Origin): number {
    const byDirectory = this.#rankOf(a) - this.#rankOf(b);
    if (byDirectory !== 0 || a === b) return byDirectory;
    return basename(a) < basename(b) ? -1 : 1;
  }

  check({ file }: Origin): void {
    this.#asked.add(file);
    this.#visit(file);
  }

  async stop(): Promise<void> {
    this.#reports = null;
    await Promise.all(this.#directories.map((directory) => directory.stop()));
    await Promise.all([this.#scanning, this.#work.stop(), this.#watching]);
  }

  #rankOf(file: string): number {
    return this.#ranks.get(dirname(file)) ?? this.#options.directories.length;
  }

  /** Reads everything before it loads the watcher. The check afterwards finds changes in between. */
  async #scan(): Promise<void> {
    const { directories, areNamed: isNamed = true } = this.#options;
    const distinct = await distinctDirectories(directories, { isNamed });
    if (this.#reports === null) return;
    for (const [rank, directory] of distinct.entries()) this.#ranks.set(directory, rank);
    this.#directories = distinct.map((directory) => this.#watched(directory, isNamed));
    // In sequence, so that files of an earlier directory are found first.
    for (const directory of this.#directories) await directory.look();
    this.#work.add('', async () => () => {
      if (this.#reports === null) return;
      this.#reports.scanned();
      this.#watching = this.#watch();
    });
  }

  async #watch(): Promise<void> {
    for (const directory of this.#directories) await directory.watch();
  }

  #watched(directory: string, isNamed: boolean): WatchedDirectory {
    const { log, lookAnyway } = this.#options;
    return new WatchedDirectory({
      directory,
      isNamed,
      onName: (name) => this.#visit(join(directory, name)),
      onLook: (condition, names) => this.#look(directory, condition, names),
      onTrouble: (message, error) => log?.warn(message, { directory, error }),
      ...(lookAnyway === undefined ? {} : { lookAnyway }),
    });
  }

  #look(directory: string, condition: DirectoryCondition, names: readonly string[]): void {
    const origin = { kind: 'directory', directory } as const;
    if (condition.kind === 'usable') this.#identities.set(directory, condition.identity);
    else this.#identities.delete(directory);
    if ('reason' in condition) {
      const { code, reason } = condition;
      this.#refusedDirectories.add(directory);
      this.#reports?.refused({ origin, code, reason }, 'kept');
    } else if (this.#refusedDirectories.delete(directory)) {
      this.#reports?.gone(origin);
    }
    const files = new Set([...names].sort().map((name) => join(directory, name)));
    // Known files that aren't listed are checked again: they may have appeared after the listing. Missing ones are
    // reported first, so that a renamed file doesn't wait for its own id.
    for (const file of this.#known.keys()) {
      if (dirname(file) === directory && !files.has(file)) this.#visit(file);
    }
    for (const file of files) this.#visit(file);
  }

  #visit(file: string): void {
    if (this.#reports === null) return;
    this.#work.add(file, async () => {
      const isAsked = this.#asked.delete(file);
      const verdict = await this.#judge(file);
      return () => {
        if (this.#reports !== null) this.#report(this.#reports, file, verdict, isAsked);
      };
    });
  }

  async #judge(file: string): Promise<FileVerdict> {
    const { areNamed: isNamed = true, allowHosts } = this.#options;
    const identity = this.#identities.get(dirname(file));
    const found = await readFile(file, this.#known.get(file)?.seen, { isNamed, identity });
    if (found.kind !== 'read') return found;
    const parsed = parseRegistration(found.bytes, { allowHosts });
    if ('reason' in parsed) return { kind: 'invalid', ...parsed, seen: found.seen };
    const registration = await complete(parsed.registration, { kind: 'file', file });
    return { kind: 'valid', registration, seen: found.seen };
  }

  #report(reports: SourceReports, file: string, verdict: FileVerdict, isAsked: boolean): void {
    const origin = { kind: 'file', file } as const;
    const last = this.#known.get(file);
    if (verdict.kind === 'gone') {
      this.#known.delete(file);
      reports.gone(origin);
    } else if (verdict.kind === 'unreadable' && verdict.isOurs) {
      this.#visitAgain(file, isAsked);
    } else if (verdict.kind === 'unchanged' || isSame(verdict, last)) {
      if ('seen' in verdict && last) this.#known.set(file, { ...last, seen: verdict.seen });
      if (isAsked && last?.registration) reports.found(last.registration);
    } else if (verdict.kind === 'valid') {
      this.#known.set(file, verdict);
      reports.found(verdict.registration);
    } else {
      const { kind, code, reason } = verdict;
      const seen = 'seen' in verdict ? verdict.seen : UNREAD;
      this.#known.set(file, { seen, registration: null });
      reports.refused({ origin, code, reason }, kind === 'untrusted' ? 'withdrawn' : 'kept');
    }
  }

  #visitAgain(file: string, isAsked: boolean): void {
    if (performance.now() - this.#shortAt > SHORTAGE) {
      this.#options.log?.warn('out of file descriptors: registrations are read again soon');
    }
    this.#shortAt = performance.now();
    // Kept as known, so that its removal is noticed.
    if (!this.#known.has(file)) this.#known.set(file, { seen: UNREAD, registration: null });
    if (isAsked) this.#asked.add(file);
    setTimeout(() => this.#visit(file), AGAIN).unref();
  }

  #fail(error: unknown): void {
    const said = error instanceof Error ? error.message : String(error);
    this.#options.log?.error('a registration could not be processed', { error: said });
  }
}

/** One write can cause two events. The second read then finds no change. */
function isSame(verdict: FileVerdict, last: Known | undefined): boolean {
  if (!('seen' in verdict) || last === undefined) return false;
  const { stamp, digest } = verdict.seen;
  return stamp === last.seen.stamp && digest === last.seen.digest;
}

/** Determines what the file doesn't state. */
async function complete(announced: Announced, origin: Origin): Promise<Registration> {
  const hasPackageJson =
    announced.hasPackageJson ??
    (await access(join(announced.path, 'package.json')).then(
      () => true,
      () => false,
    ));
  return { ...announced, hasPackageJson, origin };
}
