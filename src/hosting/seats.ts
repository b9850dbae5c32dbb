import type { JSONRPCMessage, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';

/** The client's side of a seat. */
export interface Guest {
  onMessage(message: JSONRPCMessage): void;
  /** The server is not there any more, and why. Comes once at most, and not after `leave`. */
  onEnd(lastWords: string): void;
}

/** A client's place at a stdio server. */
export interface Seat {
  /** Gives the server a message. */
  send(message: JSONRPCMessage): void;
  /** The client doesn't read: the server is not listened to until {@link goOn}. */
  hold(): void;
  goOn(): void;
  /** Milliseconds for which the others at the server wait for a client that holds it; null: there are none. */
  readonly patience: number | null;
  /** The client has gone. Resolves when nothing runs for it any more. */
  leave(): Promise<void>;
}

/** Where clients are seated: each at a server of its own, or all at one. */
export interface Seats {
  /** Seats a client by its `initialize`, which is answered like any request. */
  open(initialize: JSONRPCRequest, guest: Guest): Seat;
}
