import type { Catalogue, Failure, Peer, Registration, Transition } from './model.ts';

/** What the connection is told. */
export type ConnectionCommand =
  | { readonly type: 'open'; readonly attempt: number; readonly registration: Registration }
  | { readonly type: 'ping'; readonly attempt: number }
  | { readonly type: 'close' };

/** What the connection reports; `attempt` is that of the `open` it belongs to. */
export type ConnectionReport =
  | {
      readonly type: 'connection.up';
      readonly attempt: number;
      readonly peer: Peer;
      readonly catalogue: Catalogue;
      /** What of the catalogue could not be read, and why. */
      readonly shortfall?: Failure | null;
    }
  | { readonly type: 'connection.failed'; readonly attempt: number; readonly failure: Failure }
  | { readonly type: 'connection.down'; readonly attempt: number; readonly failure: Failure }
  | {
      readonly type: 'connection.pong';
      readonly attempt: number;
      /** Milliseconds. */
      readonly responseTime: number;
    }
  | {
      readonly type: 'connection.catalogueChanged';
      readonly attempt: number;
      readonly catalogue: Catalogue;
      readonly shortfall?: Failure | null;
    };

export type InstanceEvent =
  | ConnectionReport
  | { readonly type: 'slot.granted' }
  /** Its file was written again, with or without other facts. */
  | { readonly type: 'registration.changed'; readonly registration: Registration }
  | { readonly type: 'registration.removed' }
  /** Its process isn't running, and a registration whose process lives has taken its place. */
  | { readonly type: 'registration.superseded'; readonly failure: Failure }
  | { readonly type: 'instance.reconnect' }
  /** A request names it: one attempt, if it is dead. */
  | { readonly type: 'instance.probe' }
  /** Somebody has begun to wait for it. */
  | { readonly type: 'instance.awaited' }
  /** A session's traffic met a broken connection: look at once. */
  | { readonly type: 'instance.suspected' }
  | { readonly type: 'machine.woke' };

/** What an instance tells the hub. */
export type InstanceReport =
  | { readonly type: 'slot.requested'; readonly id: string }
  | {
      readonly type: 'instance.transitioned';
      readonly id: string;
      readonly transition: Transition;
    }
  | { readonly type: 'instance.catalogueChanged'; readonly id: string };
