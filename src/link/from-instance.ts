import { BUDGETS } from '../budgets.ts';
import { errorFrame, notificationFrame, RPC_CODE, resultFrame } from '../wire/answer.ts';
import {
  type Envelope,
  elementsOf,
  oneLine,
  readEnvelope,
  replaceId,
  textAt,
} from '../wire/envelope.ts';
import { type Frame, headOf } from '../wire/frame.ts';
import { isObject, objectOf, parseJson } from '../wire/json.ts';
import { idNear } from '../wire/line-reader.ts';
import { ENDS } from '../wire/message-body.ts';
import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import type { LinkOptions } from './link-options.ts';
import { progressTokenOf } from './progress-token.ts';
import type { Asker } from './server-requests.ts';
import { hasShape, SHAPE_LENGTH } from './tool-result.ts';

/** Replaces an error of the instance that can't be parsed. */
const UNREADABLE = { code: RPC_CODE.internalError, message: 'the instance answered an error' };

/** How a message or a batch begins. Anything else, such as a heartbeat, has no effect on a call. */
const MAY_ANSWER = /^\s*(?:\{|\[\s*[[{\d"])/;

/** How a message begins that is certainly no answer. */
const NO_ANSWER = /^\s*\{[^{[]*"method"\s*:\s*"/;

export interface FromInstanceOptions
  extends Pick<LinkOptions, 'instanceId' | 'asks' | 'toAgent' | 'log'> {
  readonly asker: Asker;
  readonly calls: Calls;
  /** Sends the agent the answer to its call. */
  answer(call: Call, frame: Frame): Promise<void> | undefined;
  /** Answers a call with an error, because the instance's answer can't be parsed. */
  unreadable(call: Call, message: string): void;
  /** Sends the instance an answer from the hub itself. */
  reply(frame: string): void;
}

/** Sorts the messages of an instance on a link: answers to their calls, requests under new ids, the rest unchanged. */
export class FromInstance {
  readonly #options: FromInstanceOptions;

  constructor(options: FromInstanceOptions) {
    this.#options = options;
  }

  /** A message on the exchange of `call`, or on the standing stream. A promise asks for a pause. */
  receive(text: string, call: Call | null): Promise<void> | undefined {
    const envelope = readEnvelope(text);
    if (envelope !== null) return this.#receiveMessage(text, envelope, call);
    const elements = elementsOf(text, BUDGETS.batchMessages.value);
    if (elements !== null) return this.#receiveBatch(elements, call);
    this.malformed(text.slice(0, ENDS), text.slice(-ENDS), call);
    return undefined;
  }

  /** Receives a large message as bytes. Returns false if it must go through {@link receive} instead. */
  receiveLarge(parts: readonly Buffer[], envelope: Envelope): Promise<void> | undefined | false {
    const { id, method, isAmbiguous } = envelope;
    if (isAmbiguous || method !== null || id === null) return false;
    const call = this.#options.calls.get(id);
    if (call === undefined || call.transform !== null) return false;
    if (call.method === 'tools/call' && !hasShape(headOf(parts, SHAPE_LENGTH))) return false;
    return this.#options.answer(call, parts);
  }

  /** Receives the first and last bytes of a message that is invalid or ambiguous. */
  malformed(head: string, tail: string, call: Call | null): void {
    this.#failUnread(head, tail, call);
    const { log, instanceId } = this.#options;
    log.warn('dropped a message that is not JSON-RPC', { instance: instanceId });
  }

  /** Cancels the instance's open requests at the agent, because their answers can't be delivered. */
  withdrawAsks(): void {
    const { asks, asker, toAgent } = this.#options;
    for (const id of asks.withdrawAll(asker)) {
      const requestId: unknown = JSON.parse(id);
      toAgent(
        notificationFrame('notifications/cancelled', { requestId, reason: 'nobody waits' }),
        null,
      );
    }
  }

  /** Fails the call that an unreadable message would have answered. */
  #failUnread(head: string, tail: string, call: Call | null): void {
    if (!MAY_ANSWER.test(head) || NO_ANSWER.test(head)) return;
    const answered = call ?? this.#options.calls.get(idNear(head, tail));
    if (answered === undefined || answered.over) return;
    const message = 'the instance answered what is not a valid JSON-RPC message';
    this.#options.unreadable(answered, message);
  }

  #receiveMessage(text: string, envelope: Envelope, call: Call | null): Promise<void> | undefined {
    if (envelope.isAmbiguous) {
      this.malformed(text.slice(0, ENDS), text.slice(-ENDS), call);
      return undefined;
    }
    if (envelope.method === null) return this.#receiveAnswer(text, envelope, call);
    if (envelope.id !== null) return this.#receiveRequest(text, envelope, envelope.id, call);
    if (envelope.method === 'notifications/cancelled') return this.#receiveCancelled(text);
    if (envelope.method === 'notifications/progress') return this.#receiveProgress(text);
    // Messages on the exchange of a call that is over are dropped.
    return call?.over ? undefined : this.#options.toAgent(oneLine(text), aboutOf(call));
  }

  /** Servers of 2025-03-26 may send batches, which can't be nested. */
  #receiveBatch(elements: readonly string[], call: Call | null): Promise<void> | undefined {
    const holds: Promise<void>[] = [];
    let dropped = 0;
    for (const each of elements) {
      const envelope = each.startsWith('{') ? readEnvelope(each) : null;
      if (envelope === null || envelope.isAmbiguous) {
        dropped += 1;
        this.#failUnread(each.slice(0, ENDS), each.slice(-ENDS), call);
        continue;
      }
      const hold = this.#receiveMessage(each, envelope, call);
      if (hold !== undefined) holds.push(hold);
    }
    const { log, instanceId } = this.#options;
    if (dropped > 0) {
      log.warn('dropped messages of a batch that are not JSON-RPC', {
        instance: instanceId,
        dropped,
      });
    }
    return holds.length === 0 ? undefined : Promise.all(holds).then(() => undefined);
  }

  #receiveAnswer(text: string, envelope: Envelope, call: Call | null): Promise<void> | undefined {
    const { id } = envelope;
    const answered = id === null ? undefined : this.#options.calls.get(id);
    if (answered !== undefined) return this.#options.answer(answered, text);
    // An error without an id on the exchange of a call answers that call.
    if ((id === null || id === 'null') && envelope.hasError && call !== null && !call.over) {
      const { error = UNREADABLE } = objectOf(parseJson(text));
      const answer = `{"jsonrpc":"2.0","id":${call.rawId},"error":${JSON.stringify(error)}}`;
      return this.#options.answer(call, answer);
    }
    const { log, instanceId } = this.#options;
    log.debug('dropped an answer to nothing', { instance: instanceId, id: id ?? 'none' });
    return undefined;
  }

  #receiveRequest(
    text: string,
    envelope: Envelope,
    id: string,
    call: Call | null,
  ): Promise<void> | undefined {
    const { asks, asker, reply, toAgent } = this.#options;
    if (envelope.method === 'ping') {
      reply(resultFrame(id, {}));
      return undefined;
    }
    const most = BUDGETS.openQuestions.value;
    if (asks.openOf(asker) >= most) {
      const message = `${most} requests are open already: wait for an answer`;
      reply(errorFrame(id, RPC_CODE.internalError, message));
      return undefined;
    }
    return toAgent(replaceId(oneLine(text), asks.add(asker, id)), aboutOf(call));
  }

  /** Passes on progress only for calls on this link: other calls belong to other instances. */
  #receiveProgress(text: string): Promise<void> | undefined {
    const { calls, toAgent } = this.#options;
    const params = textAt(text, 'params');
    const token = params === null ? null : progressTokenOf(params);
    if (token === null || !calls.expectsProgress(token)) return undefined;
    return toAgent(oneLine(text), aboutOf(calls.withToken(token)));
  }

  #receiveCancelled(text: string): Promise<void> | undefined {
    const { asks, asker, toAgent } = this.#options;
    const message = parseJson(text);
    if (!isObject(message)) return undefined;
    const params = objectOf(message['params']);
    const id = asks.withdraw(asker, JSON.stringify(params['requestId']));
    if (id === undefined) return undefined;
    const requestId: unknown = JSON.parse(id);
    return toAgent(JSON.stringify({ ...message, params: { ...params, requestId } }), null);
  }
}

/** The id of the agent's request that a message belongs to, until that is answered; otherwise null. */
function aboutOf(call: Call | null): string | null {
  return call === null || call.over ? null : call.rawId;
}
