import type { Refusal, Registration } from '../../machines/model.ts';
import type { Logger } from '../log.ts';
import { originText } from '../origin.ts';
import { printable } from '../printable.ts';
import { Claims } from './claims.ts';
import { Refusals } from './refusals.ts';
import type { Source, SourceReports } from './sources/source.ts';

export interface RegistryOptions {
  /** By rank: if two sources claim an id, the earlier source holds it, whichever claimed it first. */
  readonly sources: readonly Source[];
  /** A registration that holds its id is new, has changed, or was written again with the same facts. */
  onAccepted(registration: Registration): void;
  /** The registration that held this id has gone, has another id, is no longer trusted, or was outranked. */
  onRemoved(id: string): void;
  /** Called once for each origin and reason. */
  onRefused(refusal: Refusal): void;
  /** Called once, when everything that the sources found at the start has been accepted or refused. */
  onScanned(): void;
  readonly log?: Pick<Logger, 'error'>;
}

/**
 * Combines what the sources find into one set of registrations with unique ids. Calls back asynchronously, never during
 * `start`, and not after it is stopped. Errors of callbacks are logged.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #claims: Claims;
  readonly #refusals: Refusals;
  #isStopped = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    const { sources } = options;
    this.#refusals = new Refusals((refusal) => this.#tell(() => options.onRefused(refusal)));
    this.#claims = new Claims(
      (a, b) => sources[a.rank]?.compare(a.registration.origin, b.registration.origin) ?? 0,
      {
        onHeld: (registration) => {
          this.#refusals.accept(registration.origin);
          this.#tell(() => options.onAccepted(registration));
        },
        onReleased: (id) => this.#tell(() => options.onRemoved(id)),
        onVacant: ({ registration, rank }) => sources[rank]?.check(registration.origin),
        onWaiting: ({ id, origin }, holder) => {
          const reason = `id ${id} is already held by ${printable(originText(holder))}`;
          this.#refusals.refuse({ origin, code: 'ID_TAKEN', reason });
        },
      },
    );
  }

  start(): void {
    const { sources, onScanned } = this.#options;
    let left = sources.length;
    const scanned = () => {
      left -= 1;
      if (left === 0) this.#tell(onScanned);
    };
    for (const [rank, source] of sources.entries()) source.start(this.#reportsOf(rank, scanned));
  }

  /** Everything that is refused now. */
  refusals(): readonly Refusal[] {
    return this.#refusals.list();
  }

  /** Stops all callbacks at once. Resolves when no source reads or watches any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#options.sources.map((source) => source.stop()));
  }

  #reportsOf(rank: number, scanned: () => void): SourceReports {
    return {
      found: (registration) => this.#claims.claim({ registration, rank }),
      gone: (origin) => {
        this.#refusals.forget(origin);
        if (origin.kind !== 'directory') this.#claims.withdraw(origin);
      },
      refused: (refusal, before) => {
        const { origin } = refusal;
        if (origin.kind !== 'directory' && !(before === 'kept' && this.#claims.holds(origin))) {
          this.#claims.withdraw(origin);
        }
        this.#refusals.refuse(refusal);
      },
      scanned,
    };
  }

  #tell(call: () => void): void {
    if (this.#isStopped) return;
    try {
      call();
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      this.#options.log?.error('a registration could not be processed', { error: said });
    }
  }
}
