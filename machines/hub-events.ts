import type { BindingReport } from './binding-setup.ts';
import type { InstanceReport } from './instance-events.ts';
import type { Failure, InstancePolicy, Registration, Transition } from './model.ts';
import type { Slots } from './slots.ts';
import type { ChildrenStopped } from './supervisor.ts';

export interface HubInput {
  readonly policy: InstancePolicy;
  /** Milliseconds for which the hub is `settling` at most. */
  readonly settle: number;
}

export interface HubContext extends HubInput {
  /** Milliseconds since the epoch, as last read. */
  readonly now: number;
  /** Instances that have not been connected to yet and have not failed either hold a slot or wait for one. */
  readonly slots: Slots;
  /** Ids of the actors of sessions: there are few, and many instances. */
  readonly sessions: readonly string[];
  /** When actors crashed lately. */
  readonly crashes: readonly { readonly actorId: string; readonly at: number }[];
  /** Which instance took the place of which, the oldest first: by the actor id of the old one, the id of the new one. */
  readonly successors: Readonly<Record<string, string>>;
}

export type HubEvent =
  | InstanceReport
  | BindingReport
  | { readonly type: 'registration.accepted'; readonly registration: Registration }
  | { readonly type: 'registration.removed'; readonly id: string }
  | {
      readonly type: 'registration.superseded';
      readonly id: string;
      readonly failure: Failure;
    }
  /** The process of instance `from` has ended, or its file was removed; `to` is of the same name and path, and lives. */
  | { readonly type: 'instance.succeeded'; readonly from: string; readonly to: string }
  | { readonly type: 'scan.completed' }
  | ChildrenStopped
  | { readonly type: 'session.opened'; readonly id: string }
  | { readonly type: 'session.ended'; readonly id: string }
  /** The clock jumped: the machine was asleep. */
  | { readonly type: 'machine.woke' }
  | { readonly type: 'hub.stop' };

/** What the hub tells those who listen with `actor.on(…)`: supervision, as it happens. */
export type HubEmitted =
  | {
      readonly type: 'instance.transitioned';
      readonly id: string;
      readonly transition: Transition;
    }
  | { readonly type: 'instance.catalogueChanged'; readonly id: string }
  | { readonly type: 'instance.succeeded'; readonly from: string; readonly to: string }
  | BindingReport
  | {
      readonly type: 'actor.crashed';
      readonly actorId: string;
      readonly error: string;
      readonly restarted: boolean;
    };
