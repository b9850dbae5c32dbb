import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Catalogue } from '../../machines/model.ts';
import { ExchangeError } from '../wire/exchange-error.ts';
import type { CatalogueFound } from './catalogue.ts';

/** At most a fifth of the time is spent reading lists that change all the time: pauses are this many times as long. */
const SHARE = 4;
/** The longest such pause, in milliseconds. */
const LONGEST_PAUSE = 5_000;

/** Milliseconds after which lists that could not be read are read again. */
const RETRY = 5_000;

export interface CatalogueUpkeepOptions {
  /** Rejects as {@link readCatalogue} does. */
  read(): Promise<CatalogueFound>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The instance offers something else than before, or its lists could not be read completely. */
  onChange(found: CatalogueFound): void;
  /** The connection failed. */
  onFailure(): void;
}

/** Keeps the catalogue of an instance up to date. */
export class CatalogueUpkeep {
  readonly #options: CatalogueUpkeepOptions;
  #known: { readonly digest: string; readonly catalogue: Catalogue } | null = null;
  #readAt = 0;
  #reading: Promise<void> | null = null;
  #isStale = false;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: CatalogueUpkeepOptions) {
    this.#options = options;
  }

  /** When the lists were last read, in milliseconds since the epoch. */
  get readAt(): number {
    return this.#readAt;
  }

  /** Reads the lists for the first time. Rejects as `read` does. */
  async start(): Promise<CatalogueFound> {
    const found = await this.#options.read();
    this.#remember(found);
    return found;
  }

  /** The lists may have changed. */
  refresh(): void {
    this.#isStale = true;
    this.#reading ??= this.#readUntilFresh().finally(() => {
      this.#reading = null;
    });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
  }

  async #readUntilFresh(): Promise<void> {
    while (this.#isStale && !this.#stopped && this.#known !== null) {
      this.#isStale = false;
      const startedAt = performance.now();
      try {
        const found = await this.#options.read();
        if (this.#stopped) return;
        const last = this.#known;
        if (this.#remember(found).digest !== last.digest) this.#options.onChange(found);
      } catch (error) {
        if (this.#stopped || !(error instanceof ExchangeError)) return;
        this.#failed(error);
      }
      const rest = (performance.now() - startedAt) * SHARE;
      if (this.#isStale) await pause(Math.min(rest, LONGEST_PAUSE), undefined, { ref: false });
    }
  }

  #failed({ failure }: ExchangeError): void {
    const { now, onChange, onFailure } = this.#options;
    // So that the ping that follows, which shows whether the instance is alive, doesn't read them again.
    this.#readAt = now();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.refresh(), RETRY).unref();
    if (failure.code !== 'ANSWER_TOO_LARGE') onFailure();
    else if (this.#known !== null) {
      onChange({ catalogue: this.#known.catalogue, shortfall: failure });
      this.#known = { ...this.#known, digest: '' };
    }
  }

  #remember(found: CatalogueFound): { readonly digest: string } {
    const known = {
      digest: hash('sha1', JSON.stringify(found), 'base64'),
      catalogue: found.catalogue,
    };
    this.#known = known;
    this.#readAt = this.#options.now();
    return known;
  }
}
