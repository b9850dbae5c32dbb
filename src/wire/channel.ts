import type { Failure } from '../../machines/model.ts';
import type { Envelope } from './envelope.ts';

/** How an exchange ended. */
export type ExchangeEnd =
  /** The instance accepted the message and sent nothing back. */
  | { readonly kind: 'accepted' }
  /** The response is complete. With a `lastEventId` it can be resumed, after `retry` milliseconds if the instance said so. */
  | { readonly kind: 'ended'; readonly lastEventId: string | null; readonly retry: number | null }
  /** The instance answered with an HTTP status outside 2xx; `body` is cut at 64 KiB. */
  | { readonly kind: 'status'; readonly status: number; readonly body: string }
  /** The connection broke, or the answer isn't MCP. With a `lastEventId` it can be resumed. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly lastEventId: string | null };

/** How a stream ended, or null if the answer wasn't a stream: the instance offers none. */
export function streamEndOf(
  end: ExchangeEnd,
): Extract<ExchangeEnd, { kind: 'ended' | 'failed' }> | null {
  if (end.kind === 'status' || end.kind === 'accepted') return null;
  return end.kind === 'failed' && end.failure.code === 'PROTOCOL_ERROR' ? null : end;
}

/**
 * Receives what an exchange brings, in this order: `onSent`, `onWritten`, `onOpen`, any number of messages, `onEnd`.
 * `onEnd` is called exactly once and is the last call. After the caller aborts the exchange, nothing is called.
 */
export interface ExchangeSink {
  /** The message is on the wire. Before this call the instance can't have received it. */
  onSent?(): void;
  /** The operating system has taken the whole message. */
  onWritten?(): void;
  /** The instance answers with a stream, which may carry more than one message. */
  onOpen?(): void;
  /** One JSON-RPC message as JSON text. Returning a promise pauses the exchange until it is fulfilled. */
  onFrame(text: string): Promise<void> | undefined;
  /**
   * A large, valid message on one line, as bytes. Otherwise like {@link onFrame}. Return false to receive it as text
   * through `onFrame` instead.
   */
  onLarge?(parts: readonly Buffer[], envelope: Envelope): Promise<void> | undefined | false;
  /**
   * The first and last bytes of a message that isn't UTF-8, or of a large one that isn't JSON. The message is dropped and
   * the exchange goes on.
   */
  onMalformed?(head: string, tail: string): void;
  /** A message over the size limit. It is dropped and the exchange goes on. */
  onOversize(bytes: number): void;
  onEnd(end: ExchangeEnd): void;
}

export interface PostOptions {
  /** Don't queue behind exchanges that wait for answers. For notifications, cancellations, replies and pings. */
  readonly aside?: boolean;
  /** Which forms of an answer the instance is told to choose from. Default: `both`. */
  readonly accept?: 'both' | 'json';
}

/**
 * A transport as one MCP session sees it: messages go out and come in as JSON text, and nobody looks inside. Order:
 *
 * 1. The first `post` carries the session's first request. No other exchange starts before its answer has come, because
 *    that answer sets `sessionId` and `nonce`.
 * 2. Then the owner sets `protocolVersion`. From here on any number of exchanges run at the same time.
 * 3. `listen(null, sink)` opens the standing stream, at most one at a time. `listen(lastEventId, sink)` continues a broken
 *    stream, be it the standing one or that of a request.
 * 4. `end` is called once, after which nothing is posted; then `destroy`.
 *
 * No method throws, and none has a timeout. Whatever goes wrong is the `onEnd` of the exchange.
 */
export interface Channel {
  /** The session id that the instance assigned, or null if it assigned none. */
  readonly sessionId: string | null;
  /** The nonce that the transport confirmed, outside of any message; null if it confirmed none. */
  readonly nonce: string | null;
  /** The version that was agreed on; null until then. */
  protocolVersion: string | null;
  /** Sends one message, at most once. Returns the abort. */
  post(frame: string, sink: ExchangeSink, options?: PostOptions): () => void;
  /** Receives what the instance sends on its own. Returns the abort. */
  listen(lastEventId: string | null, sink: ExchangeSink): () => void;
  /** Says goodbye. Resolves when the instance has answered, or can't. */
  end(): Promise<void>;
  /** Releases the transport at once. Exchanges that are still under way end as `failed`. */
  destroy(): void;
}
