import type { Catalogue, Failure, Peer, Registration, Transition } from './model.ts';

/** Commands to the connection. */
export type ConnectionCommand =
  | { readonly type: 'open'; readonly attempt: number; readonly registration: Registration }
  | { readonly type: 'ping'; readonly attempt: number }
  | { readonly type: 'close' };

/** Reports of the connection. `attempt` is the number in the `open` that they belong to. */
export type ConnectionReport =
  | {
      readonly type: 'connection.up';
      readonly attempt: number;
      readonly peer: Peer;
      readonly catalogue: Catalogue;
      /** Which part of the catalogue could not be read, and why. */
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
  /** Its process has ended, and a registration with a running process has taken its place. */
  | { readonly type: 'registration.superseded'; readonly failure: Failure }
  | { readonly type: 'instance.reconnect' }
  /** A request names it: if it is dead, it is tried once. */
  | { readonly type: 'instance.probe' }
  /** A call or a wait has begun to wait for it. */
  | { readonly type: 'instance.awaited' }
  /** A session's connection to it broke: ping it at once. */
  | { readonly type: 'instance.suspected' }
  | { readonly type: 'machine.woke' };

/** Reports of an instance to the hub. */
export type InstanceReport =
  | { readonly type: 'slot.requested'; readonly id: string }
  | {
      readonly type: 'instance.transitioned';
      readonly id: string;
      readonly transition: Transition;
    }
  | { readonly type: 'instance.catalogueChanged'; readonly id: string };
