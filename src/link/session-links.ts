import type { HubErrorCode } from '../errors.ts';
import { Link } from './link.ts';
import type { LinkOptions } from './link-options.ts';

/** Milliseconds that a link made for single calls is kept after the last one. */
const LINGER = 5_000;

export type SessionLinkOptions = Omit<LinkOptions, 'instanceId' | 'onLost' | 'onIdle'>;

/**
 * The links of one session: the one to the instance that it is connected to, which the session actor opens, suspends
 * and closes, and those for single calls to other instances, which come and go with the calls.
 */
export class SessionLinks {
  readonly #options: (instanceId: string) => SessionLinkOptions;
  readonly #passing = new Map<string, Link>();
  #bound: Link | null = null;

  /** `options` are those of a link to an instance. */
  constructor(options: (instanceId: string) => SessionLinkOptions) {
    this.#options = options;
  }

  /** The link to the instance that the session is connected to, or null. */
  get bound(): Link | null {
    return this.#bound;
  }

  /** The bound link, made anew when it goes elsewhere now. */
  bind(instanceId: string, onLost: LinkOptions['onLost']): Link {
    if (this.#bound?.instanceId === instanceId) return this.#bound;
    void this.unbind('CALL_ABANDONED', 'the session went to another instance');
    this.#bound = new Link({
      ...this.#options(instanceId),
      instanceId,
      onLost,
      onIdle: () => {},
    });
    return this.#bound;
  }

  /** Closes the bound link. Resolves when the instance has said goodbye. */
  unbind(code: HubErrorCode, reason: string): Promise<void> {
    const link = this.#bound;
    this.#bound = null;
    return link?.close(code, reason) ?? Promise.resolve();
  }

  /** A link for a call to any instance. One to an instance that is away is opened by {@link instanceActive}. */
  passing(instanceId: string): Link {
    if (this.#bound?.instanceId === instanceId) return this.#bound;
    const known = this.#passing.get(instanceId);
    if (known !== undefined) return known;
    const options = this.#options(instanceId);
    const link: Link = new Link({
      ...options,
      instanceId,
      onLost: () => {},
      onIdle: () => {
        setTimeout(() => {
          if (link.isIdle) this.#drop(link, 'gone');
        }, LINGER).unref();
      },
    });
    this.#passing.set(instanceId, link);
    if (options.target() !== null) this.#open(link);
    return link;
  }

  /** The instance is active: passing links that wait for it are opened. The bound link is its session actor's. */
  instanceActive(instanceId: string): void {
    const link = this.#passing.get(instanceId);
    if (link !== undefined) this.#open(link);
  }

  /** The instance is away: what waits for it goes on waiting. */
  instanceAway(instanceId: string): void {
    const link = this.#passing.get(instanceId);
    if (link?.isIdle) this.#drop(link, 'gone');
    else link?.suspend();
  }

  /** The instance is dead or gone: nobody waits for it any more. */
  instanceLeft(instanceId: string, because: 'dead' | 'gone'): void {
    const link = this.#passing.get(instanceId);
    if (link !== undefined) this.#drop(link, because);
  }

  /** Cancels a call wherever it runs. */
  cancel(rawId: string, frame: string): void {
    for (const link of this.#all()) if (link.cancel(rawId, frame)) return;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.#all().every((link) => link.isIdle);
  }

  /** Closes everything; resolves when the instances have said goodbye. */
  async close(code: HubErrorCode, reason: string): Promise<void> {
    const links = this.#all();
    this.#bound = null;
    this.#passing.clear();
    await Promise.all(links.map((link) => link.close(code, reason)));
  }

  #all(): Link[] {
    return [...(this.#bound === null ? [] : [this.#bound]), ...this.#passing.values()];
  }

  #open(link: Link): void {
    // What waits on it goes on waiting: the instance's next step tells, or the wait ends.
    link.open().catch(() => {});
  }

  #drop(link: Link, because: 'dead' | 'gone'): void {
    if (this.#passing.get(link.instanceId) === link) this.#passing.delete(link.instanceId);
    const code = because === 'dead' ? 'INSTANCE_NOT_ACTIVE' : 'INSTANCE_GONE';
    void link.close(code, `instance "${link.instanceId}" is ${because}`);
  }
}
