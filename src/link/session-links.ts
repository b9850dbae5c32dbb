import type { HubErrorCode } from '../errors.ts';
import { Link } from './link.ts';
import type { LinkOptions } from './link-options.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Milliseconds that a link made for single calls is kept after the last one. */
const LINGER = 5_000;

/** Milliseconds before such a link is opened again that failed though its instance is active. */
const REOPEN = 1_000;

export type SessionLinkOptions = Omit<LinkOptions, 'instanceId' | 'onLost' | 'onIdle'>;

/**
 * The links of one session: the one to the instance that it is connected to, which the session actor opens, suspends
 * and closes, and those for single calls to other instances, which come and go with the calls.
 */
export class SessionLinks {
  readonly #options: (instanceId: string) => SessionLinkOptions;
  readonly #passing = new Map<string, Link>();
  #bound: Link | null = null;
  /** What the agent had subscribed to at the instance that it was last connected to. */
  #left: { readonly instanceId: string; readonly subscriptions: Subscriptions } | null = null;

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
    this.#bound = new Link(this.#boundOptions(instanceId, onLost));
    return this.#bound;
  }

  /**
   * Instance `to` has taken the place of `from`: the bound link goes there, with what waits on it and what the agent has
   * subscribed to, also where that link was closed when `from` ended.
   */
  move(from: string, to: string, onLost: LinkOptions['onLost']): void {
    if (this.#bound?.instanceId === from) {
      this.#bound.move(this.#boundOptions(to, onLost));
      return;
    }
    const left = this.#left?.instanceId === from ? this.#left.subscriptions : null;
    const link = this.bind(to, onLost);
    if (left !== null) link.inherit(left);
  }

  /** Closes the bound link. Resolves when the instance has said goodbye. */
  unbind(code: HubErrorCode, reason: string): Promise<void> {
    const link = this.#bound;
    this.#bound = null;
    if (link === null) return Promise.resolve();
    this.#left = { instanceId: link.instanceId, subscriptions: link.subscriptions };
    return link.close(code, reason);
  }

  /** A link for a call to any instance. One to an instance that is away is opened by {@link instanceActive}. */
  passing(instanceId: string): Link {
    if (this.#bound?.instanceId === instanceId) return this.#bound;
    const known = this.#passing.get(instanceId);
    if (known !== undefined) {
      if (known.isWaiting) this.#open(known);
      return known;
    }
    const link: Link = new Link(this.#passingOptions(instanceId, () => link));
    this.#passing.set(instanceId, link);
    this.#open(link);
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

  /** Instance `to` has taken the place of `from`: single calls that wait for the one are for the other. */
  instanceSucceeded(from: string, to: string): void {
    const link = this.#passing.get(from);
    if (link === undefined || from === to) return;
    this.#passing.delete(from);
    const other = this.#bound?.instanceId === to ? this.#bound : this.#passing.get(to);
    if (other !== undefined) {
      link.suspend();
      other.takeOver(link);
      return;
    }
    link.move(this.#passingOptions(to, () => link));
    this.#passing.set(to, link);
    this.#open(link);
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

  #boundOptions(instanceId: string, onLost: LinkOptions['onLost']): LinkOptions {
    return { ...this.#options(instanceId), instanceId, onLost, onIdle: () => {} };
  }

  #passingOptions(instanceId: string, linkOf: () => Link): LinkOptions {
    return {
      ...this.#options(instanceId),
      instanceId,
      onLost: () => this.#openLater(linkOf()),
      onIdle: () => {
        setTimeout(() => {
          if (linkOf().isIdle) this.#drop(linkOf(), 'gone');
        }, LINGER).unref();
      },
    };
  }

  /** Opens a passing link, while its instance is active: otherwise {@link instanceActive} does, or the wait ends. */
  #open(link: Link): void {
    if (this.#options(link.instanceId).target() === null) return;
    link.open().catch(() => this.#openLater(link));
  }

  #openLater(link: Link): void {
    setTimeout(() => {
      const isStanding = this.#passing.get(link.instanceId) === link;
      if (isStanding && link.isWaiting && !link.isIdle) this.#open(link);
    }, REOPEN).unref();
  }

  #drop(link: Link, because: 'dead' | 'gone'): void {
    if (this.#passing.get(link.instanceId) === link) this.#passing.delete(link.instanceId);
    const code = because === 'dead' ? 'INSTANCE_NOT_ACTIVE' : 'INSTANCE_GONE';
    void link.close(code, `instance "${link.instanceId}" is ${because}`);
  }
}
