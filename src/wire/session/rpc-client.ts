import type { JsonObject } from '../../../machines/model.ts';
import { BUDGETS } from '../../budgets.ts';
import type { Channel, ExchangeSink, PostOptions } from '../channel.ts';
import { readEnvelope } from '../envelope.ts';
import { CLOSED, ExchangeError } from '../exchange-error.ts';
import { isObject, isTaxing, objectOf, parseJson } from '../json.ts';
import { errorOf, type Reply, replyAtEnd } from './reply.ts';

export interface RpcOptions {
  /** Ends the request: it rejects with `ANSWER_TOO_LARGE`, because the answer took too long to arrive. */
  readonly signal?: AbortSignal;
  /** Called with the size of the answer, in characters. */
  readonly onSize?: (length: number) => void;
  /** Send it so that it doesn't queue behind other requests. */
  readonly aside?: boolean;
}

/**
 * The hub's own requests in one MCP session. Their ids are strings, so that they can't collide with the agent's ids,
 * which are passed on unchanged.
 */
export class RpcClient {
  readonly #channel: Pick<Channel, 'post' | 'sessionId'>;
  readonly #onOther: (text: string) => void;
  readonly #mostObjects: number;
  readonly #cancels = new Set<() => void>();
  #lastId = 0;

  /**
   * `onOther` receives every message that doesn't answer a request of this client. An answer with more than `mostObjects`
   * objects and arrays is refused.
   */
  constructor(
    channel: Pick<Channel, 'post' | 'sessionId'>,
    onOther: (text: string) => void,
    mostObjects: number = BUDGETS.parsedObjects.value,
  ) {
    this.#channel = channel;
    this.#onOther = onOther;
    this.#mostObjects = mostObjects;
  }

  /** Resolves with the result. Rejects with {@link RpcError} or {@link ExchangeError}. There is no timeout. */
  async request(
    method: string,
    params?: JsonObject,
    options: RpcOptions = {},
  ): Promise<JsonObject> {
    const reply = await this.ask(method, params, options);
    if (reply.kind === 'result') return reply.result;
    throw errorOf(reply, this.#channel.sessionId !== null);
  }

  /**
   * Resolves with whatever came back. Rejects with {@link ExchangeError} when the answer is too large or the client is
   * closed. There is no timeout.
   */
  ask(
    method: string,
    params?: JsonObject,
    { signal, onSize, aside = false }: RpcOptions = {},
  ): Promise<Reply> {
    this.#lastId += 1;
    const id = `signalbox:${this.#lastId}`;
    return new Promise((resolve, reject) => {
      let settled = false;
      const settle = (how: () => void) => {
        if (settled) return;
        settled = true;
        this.#cancels.delete(cancel);
        signal?.removeEventListener('abort', expire);
        how();
      };
      const cancel = () => {
        abort();
        settle(() => reject(new ExchangeError(CLOSED)));
      };
      const refuse = (message: string) =>
        settle(() => reject(new ExchangeError({ code: 'ANSWER_TOO_LARGE', message })));
      const expire = () => {
        abort();
        refuse(`the answer to ${method} took too long`);
      };
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      const onFrame = (text: string) => {
        const envelope = readEnvelope(text);
        const isAnswer = envelope?.id === JSON.stringify(id) && envelope.method === null;
        if (!isAnswer || envelope.isAmbiguous) {
          this.#onOther(text);
        } else if (isTaxing(text, this.#mostObjects)) {
          refuse(`more than ${this.#mostObjects} objects in one answer`);
        } else {
          onSize?.(text.length);
          settle(() => resolve(replyIn(text, this.#mostObjects)));
        }
        return undefined;
      };
      const sink: ExchangeSink = {
        onFrame,
        onOversize: (bytes) => refuse(`an answer of ${bytes} bytes`),
        onEnd: (end) => settle(() => resolve(replyAtEnd(end))),
      };
      const abort = this.#channel.post(body, sink, { aside });
      this.#cancels.add(cancel);
      signal?.addEventListener('abort', expire, { once: true });
      if (signal?.aborted) expire();
    });
  }

  /**
   * Sends a notification. Resolves when the instance has taken it, or can't. Whatever comes back, such as an error without
   * an id, is ignored.
   */
  notify(method: string, params?: JsonObject): Promise<void> {
    return this.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** Sends a message that needs no answer. Resolves as {@link notify} does. */
  send(frame: string, { aside = false }: Pick<PostOptions, 'aside'> = {}): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#cancels.delete(cancel);
        resolve();
      };
      const cancel = () => {
        abort();
        done();
      };
      const sink = { onFrame: () => undefined, onOversize: () => {}, onEnd: done };
      const abort = this.#channel.post(frame, sink, { aside });
      this.#cancels.add(cancel);
    });
  }

  /** Aborts everything under way. Open requests reject. */
  close(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }
}

function replyIn(text: string, mostObjects: number): Reply {
  const { error, result } = objectOf(parseJson(text, mostObjects));
  return isObject(error)
    ? { kind: 'error', error, status: null }
    : { kind: 'result', result: objectOf(result) };
}
