import { idAt, type RpcRequest } from '../rpc-message.ts';
import type { EventStream } from './event-stream.ts';

/** The response to one POST. It ends when all requests of the POST have been settled. */
export class PostResponse {
  readonly stream: EventStream;
  #unsettled: number;

  constructor(stream: EventStream, requests: number) {
    this.stream = stream;
    this.#unsettled = requests;
  }

  /** One more request is settled: by an answer, or without one. */
  settle(answer?: string): void {
    this.#unsettled -= 1;
    if (this.#unsettled === 0) this.stream.end(answer);
    else if (answer !== undefined) this.stream.send(answer);
  }
}

/** A request of a client. Its answer, and what belongs to it, goes out on the response to its POST. */
export class ServedRequest {
  readonly message: RpcRequest;
  readonly #response: PostResponse;
  #progressToken: string | null | undefined;
  #isSettled = false;

  constructor(message: RpcRequest, response: PostResponse) {
    this.message = message;
    this.#response = response;
  }

  /** Its stream, while messages can be sent on it: not after it was settled or its client has hung up. */
  get stream(): EventStream | null {
    const { stream } = this.#response;
    return !this.#isSettled && stream.isOpen ? stream : null;
  }

  /** The token for its progress as JSON text, in the one spelling of ids; null when it wants no progress. */
  get progressToken(): string | null {
    if (this.#progressToken === undefined) {
      this.#progressToken = idAt(this.message.text, 'params', '_meta', 'progressToken');
    }
    return this.#progressToken;
  }

  /** Answers it, or ends it without an answer. The first time counts. */
  settle(answer?: string): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#response.settle(answer);
  }
}
