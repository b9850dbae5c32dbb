import type { RpcMessage, RpcRequest } from '../wire/rpc-message.ts';

/** What a backend needs of its session's client. */
export interface Client {
  onMessage(message: RpcMessage): void;
  /** Reports why the server has ended. Called at most once, and not after {@link Backend.leave}. */
  onEnd(lastWords: string): void;
}

/** What serves one client: its own process or a shared one. */
export interface Backend {
  /** Takes a message of the client. */
  send(message: RpcMessage): void;
  /** Stops reading from the server until {@link resume}, because the client doesn't read. */
  pause(): void;
  resume(): void;
  /** Milliseconds after which a client that doesn't read must be closed because others wait for it. Null if no others do. */
  readonly patience: number | null;
  /** Releases the backend after its client has gone. Resolves when nothing runs for it any more. */
  leave(): Promise<void>;
}

/** Creates the clients' backends. */
export interface Backends {
  /** Opens a backend with the client's `initialize`, which is answered like any other request. */
  open(initialize: RpcRequest, client: Client): Backend;
}
