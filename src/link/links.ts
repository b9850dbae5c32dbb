import type { EndedBecause, LinkInput } from '../../machines/binding-setup.ts';
import type { HubErrorCode } from '../errors.ts';
import { Link } from './link.ts';
import type { LinkOptions } from './link-options.ts';
import type { Subscriptions } from './subscriptions.ts';

export type LinkSurroundings = Omit<LinkOptions, keyof LinkEvents | 'instanceId'>;

export type LinkEvents = Pick<LinkOptions, 'onLost' | 'onBusy' | 'onIdle'>;

/**
 * The links of one session by instance. The actor of a binding makes the link to its instance and closes it; whoever has
 * a call for an instance finds the link here.
 */
export class Links {
  readonly #surroundings: (instanceId: string) => LinkSurroundings;
  readonly #links = new Map<string, Link>();
  /** What the agent had subscribed to at the instance that it last left. */
  #left: { readonly instanceId: string; readonly subscriptions: Subscriptions } | null = null;

  /** `surroundings` are those of a link to an instance. */
  constructor(surroundings: (instanceId: string) => LinkSurroundings) {
    this.#surroundings = surroundings;
  }

  get(instanceId: string): Link | undefined {
    return this.#links.get(instanceId);
  }

  /** Makes the link of a binding, of the link to the instance that it succeeds if there is one. */
  make({ instanceId, succeeds }: Omit<LinkInput, 'sessionId'>, events: LinkEvents): Link {
    const options = { ...this.#surroundings(instanceId), instanceId, ...events };
    const predecessor = succeeds === null ? undefined : this.#links.get(succeeds);
    if (predecessor !== undefined && succeeds !== null) {
      this.#links.delete(succeeds);
      predecessor.move(options);
    }
    const link = predecessor ?? new Link(options);
    if (predecessor === undefined && succeeds !== null) this.#inherit(link, succeeds);
    // A binding that crashed leaves its link behind.
    void this.#links.get(instanceId)?.close('CALL_ABANDONED', 'its binding was made anew');
    this.#links.set(instanceId, link);
    if (!link.isIdle) events.onBusy();
    return link;
  }

  /** The calls that wait for instance `from`, or its subscriptions, are for `link` from now on. */
  takeOver(link: Link, from: string): void {
    const other = this.#links.get(from);
    if (other === undefined) {
      this.#inherit(link, from);
      return;
    }
    this.#links.delete(from);
    other.suspend();
    link.takeOver(other);
  }

  /** Closes the link to an instance for good. Open calls are answered with the reason. */
  close(instanceId: string, link: Link, because: EndedBecause | 'closed'): void {
    // The binding of a successor has taken it over.
    if (this.#links.get(instanceId) !== link) return;
    this.#links.delete(instanceId);
    const { subscriptions } = link;
    if (!subscriptions.isEmpty) this.#left = { instanceId, subscriptions };
    void link.close(...reasonOf(because, instanceId));
  }

  /** Cancels a call wherever it runs. */
  cancel(rawId: string, frame: string): void {
    for (const link of this.#links.values()) if (link.cancel(rawId, frame)) return;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return [...this.#links.values()].every((link) => link.isIdle);
  }

  /** Closes all links; resolves when the instances have said goodbye. */
  async closeAll(code: HubErrorCode, reason: string): Promise<void> {
    const links = [...this.#links.values()];
    this.#links.clear();
    await Promise.all(links.map((link) => link.close(code, reason)));
  }

  #inherit(link: Link, from: string): void {
    if (this.#left?.instanceId === from) link.inherit(this.#left.subscriptions);
  }
}

function reasonOf(
  because: EndedBecause | 'closed',
  instanceId: string,
): readonly [HubErrorCode, string] {
  switch (because) {
    case 'gone':
      return ['INSTANCE_GONE', `instance "${instanceId}" is gone`];
    case 'dead':
      return ['INSTANCE_NOT_ACTIVE', `instance "${instanceId}" is dead`];
    case 'refused':
      return ['INSTANCE_REFUSED', `instance "${instanceId}" refused the session`];
    case 'closed':
      return ['HUB_STOPPING', 'the session has ended'];
    case null:
      return ['CALL_ABANDONED', `the session left instance "${instanceId}"`];
  }
}
