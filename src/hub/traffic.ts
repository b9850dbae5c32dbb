import type { World } from '../../machines/model.ts';
import type { Traffic } from '../link/link-options.ts';

/** The traffic of all instances by id: written on every call, read on demand. */
export class TrafficByInstance {
  readonly #traffic = new Map<string, Traffic>();
  readonly #onAwaited: (id: string) => void;

  /** `onAwaited` is called when the first call or wait begins to wait for an instance. */
  constructor(onAwaited: (id: string) => void) {
    this.#onAwaited = onAwaited;
  }

  /** The counters of an instance, which links write to. */
  of(id: string): Traffic {
    const known = this.#traffic.get(id);
    if (known !== undefined) return known;
    const fresh: Traffic = { callsInFlight: 0, lastActivity: null, waiting: 0, isStreaming: false };
    this.#traffic.set(id, fresh);
    return fresh;
  }

  /** The counters of an instance, unless it was removed. */
  known(id: string): Traffic | undefined {
    return this.#traffic.get(id);
  }

  /** The counters as an instance's chart reads them. */
  now(id: string): Pick<World, 'callsInFlight' | 'lastActivity' | 'waiting'> {
    const { callsInFlight, lastActivity, waiting } = this.of(id);
    return { callsInFlight, lastActivity, waiting };
  }

  /** Counts one more call or wait for the instance; returns the function that undoes this, once. */
  await(id: string): () => void {
    const awaited = this.of(id);
    awaited.waiting += 1;
    if (awaited.waiting === 1) this.#onAwaited(id);
    let isWaiting = true;
    return () => {
      if (isWaiting) awaited.waiting -= 1;
      isWaiting = false;
    };
  }

  /** The instance was removed: what still comes from it is not counted. */
  delete(id: string): void {
    this.#traffic.delete(id);
  }
}
