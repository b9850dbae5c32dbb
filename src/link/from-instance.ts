import { notificationFrame, RPC_CODE, resultFrame } from '../wire/answer.ts';
import { type Envelope, oneLine, readEnvelope, replaceId } from '../wire/envelope.ts';
import { answeredBy, type Frame } from '../wire/frame.ts';
import { objectOf, parseJson } from '../wire/json.ts';
import type { Asker } from './ask-book.ts';
import type { Call } from './call.ts';
import type { LinkOptions } from './link-options.ts';

/** Stands for an error of the instance that can't be taken apart. */
const UNREADABLE = { code: RPC_CODE.internalError, message: 'the instance answered an error' };

export interface FromInstanceOptions
  extends Pick<LinkOptions, 'instanceId' | 'asks' | 'toAgent' | 'log'> {
  readonly asker: Asker;
  /** The call that waits for an answer under this id. */
  callOf(rawId: string): Call | undefined;
  /** Gives the agent the answer to its call. */
  answer(call: Call, frame: Frame): Promise<void> | undefined;
  /** Sends the instance a message of the hub's own. */
  reply(frame: string): void;
}

/** Sorts what an instance says on a link: answers to their calls, questions under new ids, the rest as it is. */
export class FromInstance {
  readonly #options: FromInstanceOptions;

  constructor(options: FromInstanceOptions) {
    this.#options = options;
  }

  /** A message on the exchange of `call`, or on the standing stream. A promise asks for a pause. */
  receive(text: string, call: Call | null): Promise<void> | undefined {
    const frame = oneLine(text);
    const envelope = readEnvelope(frame);
    if (envelope === null) return this.#receiveOther(frame, call);
    if (envelope.method === null) return this.#receiveAnswer(frame, envelope, call);
    if (envelope.id !== null) return this.#receiveRequest(frame, envelope, envelope.id);
    if (envelope.method === 'notifications/cancelled') return this.#receiveCancelled(frame);
    // Progress of a call that nobody waits for any more reaches nobody.
    if (call?.over) return undefined;
    if (call !== null && envelope.method === 'notifications/progress') {
      call.progressedAt = performance.now();
    }
    return this.#options.toAgent(frame);
  }

  /** A large body; false: it has to be {@link receive}d. */
  receiveLarge(parts: readonly Buffer[]): boolean {
    const id = answeredBy(parts);
    const call = id === null ? undefined : this.#options.callOf(id);
    if (call === undefined || call.transform !== null) return false;
    void this.#options.answer(call, parts);
    return true;
  }

  /** Cancels at the agent what the instance had asked: there is nobody to answer any more. */
  withdrawAsks(): void {
    const { asks, asker, toAgent } = this.#options;
    for (const id of asks.withdrawAll(asker)) {
      const requestId: unknown = JSON.parse(id);
      toAgent(notificationFrame('notifications/cancelled', { requestId, reason: 'nobody waits' }));
    }
  }

  /** Servers of 2025-03-26 may batch. */
  #receiveOther(frame: string, call: Call | null): Promise<void> | undefined {
    const batch = parseJson(frame);
    if (Array.isArray(batch)) {
      const holds = batch.map((each) => this.receive(JSON.stringify(each), call));
      return Promise.all(holds).then(() => undefined);
    }
    const { log, instanceId } = this.#options;
    log.warn('dropped a message that is not JSON-RPC', { instance: instanceId });
    return undefined;
  }

  #receiveAnswer(frame: string, envelope: Envelope, call: Call | null): Promise<void> | undefined {
    const { id } = envelope;
    const answered = id === null ? undefined : this.#options.callOf(id);
    if (answered !== undefined) return this.#options.answer(answered, frame);
    // An error without an id, on the exchange of a call, is the answer to that call.
    if ((id === null || id === 'null') && envelope.hasError && call !== null && !call.over) {
      const { error = UNREADABLE } = objectOf(parseJson(frame));
      const answer = `{"jsonrpc":"2.0","id":${call.rawId},"error":${JSON.stringify(error)}}`;
      return this.#options.answer(call, answer);
    }
    const { log, instanceId } = this.#options;
    log.debug('dropped an answer to nothing', { instance: instanceId, id: id ?? 'none' });
    return undefined;
  }

  #receiveRequest(frame: string, envelope: Envelope, id: string): Promise<void> | undefined {
    const { asks, asker, reply, toAgent } = this.#options;
    if (envelope.method === 'ping') {
      reply(resultFrame(id, {}));
      return undefined;
    }
    return toAgent(replaceId(frame, asks.add(asker, id)));
  }

  #receiveCancelled(frame: string): Promise<void> | undefined {
    const { asks, asker, toAgent } = this.#options;
    const message = objectOf(parseJson(frame));
    const params = objectOf(message['params']);
    const id = asks.withdraw(asker, JSON.stringify(params['requestId']));
    if (id === undefined) return undefined;
    const requestId: unknown = JSON.parse(id);
    return toAgent(JSON.stringify({ ...message, params: { ...params, requestId } }));
  }
}
