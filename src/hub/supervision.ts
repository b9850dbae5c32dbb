import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { Failure, World } from '../../machines/model.ts';
import { createConnections } from '../connection/connection-actor.ts';
import { loadSockets } from '../connection/sockets.ts';
import { StandingStreams } from '../connection/standing-streams.ts';
import { TryPacer } from '../connection/try-pacer.ts';
import type { Logger } from '../log.ts';
import { isLoopback } from '../registration/loopback.ts';
import type { Succession } from '../registration/succession.ts';
import { SELF } from '../self.ts';
import type { HubSurroundings } from './hub.ts';
import type { TrafficByInstance } from './traffic.ts';

export interface SupervisionOptions extends Pick<HubSurroundings, 'preload'> {
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly succession: Succession;
  readonly traffic: TrafficByInstance;
}

/** What the instances' charts need of the world: their connections, and what they read. */
export class Supervision {
  readonly connections: ReturnType<typeof createConnections>;
  readonly streams: StandingStreams;
  readonly #options: SupervisionOptions;
  readonly #pacer = new TryPacer();
  #loading: Promise<void> | null = null;

  constructor(options: SupervisionOptions) {
    const { log, now, succession, traffic } = options;
    this.#options = options;
    this.streams = new StandingStreams(now, () =>
      log.warn('out of file descriptors: standing streams are given up, connections wait', {
        hint: 'raise ulimit -n',
      }),
    );
    this.connections = createConnections({
      self: SELF,
      now,
      onHeard: (id) => {
        // An instance that was removed still answers the goodbye.
        const known = traffic.known(id);
        if (known !== undefined) known.lastActivity = now();
      },
      isBusy: (id) => (traffic.known(id)?.callsInFlight ?? 0) > 0,
      onStreaming: (id, isStreaming) => {
        const known = traffic.known(id);
        if (known !== undefined) known.isStreaming = isStreaming;
      },
      refusal: (id) => this.refusal(id),
      needsStream: (id) => succession.refusal(id) !== null,
      streams: this.streams,
      ready: () => {
        this.#loading ??= this.#load();
        return this.#loading;
      },
    });
  }

  /**
   * Why nobody may connect to the instance now, or null. While its standing stream is open, whoever opened that is alive,
   * although the registered process has ended.
   */
  refusal(id: string): Failure | null {
    const { succession, traffic } = this.#options;
    const failure = succession.refusal(id);
    if (failure?.code === 'PROCESS_GONE' && traffic.known(id)?.isStreaming) return null;
    if (failure !== null) this.#pacer.forget(id);
    return failure;
  }

  /** What an instance's chart learns of the world. */
  readWorld(instance: InstanceContext): World {
    const { now, traffic } = this.#options;
    const { id, url } = instance.registration;
    const world = { now: now(), random: Math.random(), ...traffic.now(id), tryInterval: null };
    const isLocal = url === null || isLoopback(new URL(url).hostname);
    if (!isLocal) return world;
    return { ...world, tryInterval: this.#pacer.intervalOf({ ...instance, world }) };
  }

  /** The instance was removed. */
  forget(id: string): void {
    this.#options.traffic.delete(id);
    this.#pacer.forget(id);
  }

  async #load(): Promise<void> {
    const { log, preload } = this.#options;
    for (const each of await Promise.allSettled([loadSockets(), preload?.()])) {
      if (each.status === 'fulfilled') continue;
      log.warn('a part of the hub could not be loaded', { reason: String(each.reason) });
    }
  }
}
