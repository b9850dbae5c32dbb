import type { HubEvent } from '../../machines/hub-events.ts';
import type { Refusal } from '../../machines/model.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { originText } from '../origin.ts';
import { defaultInstancesDirectories } from '../paths.ts';
import { Registry } from '../registration/registry.ts';
import { DirectorySource } from '../registration/sources/directory.ts';
import { Succession } from '../registration/succession.ts';

export interface RegistrationsOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Tells the hub. */
  send(event: HubEvent): void;
}

/** The way of registrations: sources → registry → succession → hub. A new source is one more entry of `sources`. */
export class Registrations {
  readonly succession: Succession;
  readonly #registry: Registry;

  constructor({ config, log, now, send }: RegistrationsOptions) {
    const succession = new Succession({
      now,
      onAccepted: (registration) => send({ type: 'registration.accepted', registration }),
      onRemoved: (id) => send({ type: 'registration.removed', id }),
      onSuperseded: (id, failure) => send({ type: 'registration.superseded', id, failure }),
      onSucceeded: (from, to) => send({ type: 'instance.succeeded', from, to }),
    });
    this.succession = succession;
    this.#registry = new Registry({
      sources: [
        new DirectorySource({
          directories: config.instancesDirs ?? defaultInstancesDirectories(),
          areNamed: config.instancesDirs !== null,
          allowHosts: config.allowHosts,
          log,
        }),
      ],
      log,
      onAccepted: (registration) => succession.accept(registration),
      onRemoved: (id) => succession.remove(id),
      onRefused: ({ origin, code, reason }) =>
        log.warn('registration refused', { file: originText(origin), code, reason }),
      onScanned: () => {
        succession.scanned();
        send({ type: 'scan.completed' });
      },
    });
  }

  start(): void {
    this.#registry.start();
  }

  /** Everything that is refused now. */
  refusals(): readonly Refusal[] {
    return this.#registry.refusals();
  }

  stop(): Promise<void> {
    return this.#registry.stop();
  }
}
