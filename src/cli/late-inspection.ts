import type { Config } from '../config.ts';
import type { Hub } from '../create-hub.ts';
import type { Logger } from '../log.ts';
import type { Inspection } from './inspection.ts';

type Start = typeof import('./inspection.ts')['startInspection'];

/**
 * Offers a hub to `signalbox inspect` and the like, without delaying the agent's first answer. What fails of this is a line
 * in the log.
 */
export class LateInspection {
  readonly #config: Config;
  readonly #log: Logger;
  #loading: Promise<Start> | null = null;
  #inspection: Promise<Inspection | null> | null = null;
  #stopped = false;

  constructor(config: Config, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  /** Loads the code, once. Node remembers an import that failed: it must come before descriptors can run out. */
  load(): Promise<Start> {
    this.#loading ??= import('./inspection.ts').then(async ({ startInspection, loadPage }) => {
      if (this.#config.inspect !== null) await loadPage();
      return startInspection;
    });
    return this.#loading;
  }

  /** Offers the hub, unless it is stopped. Never rejects. */
  async start(hub: Hub): Promise<void> {
    if (this.#stopped) return;
    this.#inspection = this.load()
      .then((start) => start(hub, this.#config, this.#log))
      .catch((error: unknown) => {
        this.#log.warn('the hub cannot be looked at', { reason: String(error) });
        return null;
      });
    await this.#inspection;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await (await this.#inspection)?.close();
  }
}
