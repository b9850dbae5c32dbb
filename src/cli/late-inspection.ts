import type { Config } from '../config/config.ts';
import type { Hub } from '../hub/hub.ts';
import type { Logger } from '../log.ts';
import type { Inspection } from './inspection.ts';

/**
 * Offers a hub to `signalbox inspect`, `list` and `doctor` without delaying the agent's first answer. Failures are only
 * logged.
 */
export class LateInspection {
  readonly #config: Config;
  readonly #log: Logger;
  #inspection: Promise<Inspection | null> | null = null;
  #stopped = false;

  constructor(config: Config, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  /** Offers the hub, once, unless it is stopped. Never rejects. */
  async start(hub: Hub): Promise<void> {
    if (this.#stopped) return;
    this.#inspection ??= this.#offer(hub).catch((error: unknown) => {
      this.#log.warn('the hub cannot be inspected', { reason: String(error) });
      return null;
    });
    await this.#inspection;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await (await this.#inspection)?.close();
  }

  async #offer(hub: Hub): Promise<Inspection> {
    const { startInspection } = await import('./inspection.ts');
    return startInspection(hub, this.#config, this.#log);
  }
}
