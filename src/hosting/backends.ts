import type { RpcMessage, RpcRequest } from '../wire/rpc-message.ts';

/** The client of one session, as its backend sees it. */
export interface Client {
  onMessage(message: RpcMessage): void;
  /** The server has ended, and why. Called at most once, and not after {@link Backend.leave}. */
  onEnd(lastWords: string): void;
}

/** What serves one client: a process of its own, or a share of one. */
export interface Backend {
  /** Takes a message of the client. */
  send(message: RpcMessage): void;
  /** The client doesn't read: the server is not read from until {@link resume}. */
  pause(): void;
  resume(): void;
  /** Milliseconds after which a client that doesn't read must be closed, because others wait for it; null: nobody does. */
  readonly patience: number | null;
  /** The client has gone. Resolves when nothing runs for it any more. */
  leave(): Promise<void>;
}

/** Gives each client its backend. */
export interface Backends {
  /** Opens a backend by the client's `initialize`, which is answered like any other request. */
  open(initialize: RpcRequest, client: Client): Backend;
}
