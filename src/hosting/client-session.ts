import { textAt } from '../wire/envelope.ts';
import { withMember } from '../wire/json-edit.ts';
import { NONCE_KEY } from '../wire/nonce.ts';
import { idAt, type RpcAnswer, type RpcMessage } from '../wire/rpc-message.ts';
import type { About, HttpSession, SessionHandlers } from '../wire/serve/http-session.ts';
import type { ServedRequest } from '../wire/serve/served-request.ts';
import type { Backend, Backends } from './backends.ts';
import { errorAnswer } from './message.ts';

export interface ClientSessionOptions {
  readonly backends: Backends;
  /** The nonce of the registration, confirmed in the answer to `initialize`. */
  readonly nonce: string;
}

/**
 * Carries the messages of one session to its backend and back. stdio has one stream and HTTP has many: a message of the
 * server goes to the stream of the request that it belongs to, otherwise to the standing stream.
 */
export class ClientSession implements SessionHandlers {
  readonly #session: HttpSession;
  readonly #nonce: string;
  /** The id of `initialize` until it is answered. */
  #initializing: string | null;
  #backend: Backend | null;
  /** Runs while the client doesn't read although others wait for it. */
  #patience: NodeJS.Timeout | undefined;

  constructor(session: HttpSession, initialize: ServedRequest, options: ClientSessionOptions) {
    this.#session = session;
    this.#nonce = options.nonce;
    this.#initializing = initialize.message.id;
    this.#backend = options.backends.open(initialize.message, {
      onMessage: (message) => this.#send(message),
      onEnd: (lastWords) => this.#end(lastWords),
    });
  }

  onMessage(message: RpcMessage): void {
    if (message.kind === 'notification' && message.method === 'notifications/cancelled') {
      const cancelled = idAt(message.text, 'params', 'requestId');
      // It gets no answer, and its stream ends.
      if (cancelled !== null) this.#session.cancel(cancelled);
    }
    this.#backend?.send(message);
  }

  /** Stops reading from the server while the client doesn't read, so that messages don't pile up here. */
  onBlocked(): void {
    const patience = this.#backend?.patience ?? null;
    if (patience !== null) {
      this.#patience = setTimeout(() => void this.#session.close(), patience);
    }
    this.#backend?.pause();
  }

  onDrained(): void {
    clearTimeout(this.#patience);
    this.#backend?.resume();
  }

  async onClose(): Promise<void> {
    clearTimeout(this.#patience);
    const backend = this.#backend;
    this.#backend = null;
    await backend?.leave();
  }

  /** Sends a message of the server to the client. */
  #send(message: RpcMessage): void {
    if (message.kind !== 'answer') this.#session.send(message.text, this.#aboutOf(message));
    else if (message.id !== null && message.id === this.#initializing) {
      this.#initializing = null;
      this.#session.answer(this.#confirmed(message));
    } else this.#session.answer(message);
  }

  #aboutOf({ kind, method, text }: Exclude<RpcMessage, RpcAnswer>): About {
    if (kind === 'request') return 'newest';
    if (method !== 'notifications/progress') return 'standing';
    const token = idAt(text, 'params', 'progressToken');
    return (token === null ? null : this.#session.requestOf(token)) ?? 'standing';
  }

  /** Adds the nonce of the registration to the answer to `initialize`. */
  #confirmed(answer: RpcAnswer): RpcAnswer {
    const result = textAt(answer.text, 'result');
    if (result === null) return answer;
    const given = textAt(result, '_meta');
    const meta = withMember(given?.startsWith('{') ? given : '{}', NONCE_KEY, `"${this.#nonce}"`);
    const text = withMember(answer.text, 'result', withMember(result, '_meta', meta));
    return { ...answer, text };
  }

  /**
   * Closes the session after the server has ended. Streams end without an answer, except that of an unanswered `initialize`,
   * which gets an error.
   */
  #end(lastWords: string): void {
    if (this.#initializing !== null) {
      this.#session.answer(errorAnswer(this.#initializing, lastWords));
    }
    this.#backend = null;
    setImmediate(() => void this.#session.close());
  }
}
