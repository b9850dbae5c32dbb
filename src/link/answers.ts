import type { Failure } from '../../machines/model.ts';
import { HubError, type HubErrorCode } from '../errors.ts';
import { failureFrame } from '../wire/answer.ts';
import { oneLine } from '../wire/envelope.ts';
import { type Frame, textOf } from '../wire/frame.ts';
import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import type { LinkOptions } from './link-options.ts';
import { readableResult } from './tool-result.ts';

/**
 * Milliseconds by which an answer follows the progress of its call. Over stdio the agent would read both at once, and
 * the official SDK's client drops a call's progress handler before it has run it for the earlier notification.
 */
const PROGRESS_LEAD = 5;

type AnswersOptions = Pick<
  LinkOptions,
  'instanceId' | 'toAgent' | 'describe' | 'maxMessage' | 'onIdle'
>;

/** Ends the calls of one link: each with one answer, the instance's or the hub's. */
export class Answers {
  readonly #calls: Calls;
  #options: AnswersOptions;
  /** Answers that wait because they came too soon after progress. */
  #held = 0;

  constructor(calls: Calls, options: AnswersOptions) {
    this.#calls = calls;
    this.#options = options;
  }

  /** Whether no call is open and no answer waits. */
  get isIdle(): boolean {
    return this.#calls.size === 0 && this.#held === 0;
  }

  /** The link goes to another instance from now on. */
  move(options: AnswersOptions): void {
    this.#options = options;
  }

  /** Gives the agent the instance's answer. A promise asks for a pause. */
  answer(call: Call, frame: Frame): Promise<void> | undefined {
    const { toAgent } = this.#options;
    this.finish(call);
    const answer = this.#answerOf(call, frame);
    const early = call.progressedAt + PROGRESS_LEAD - performance.now();
    if (early <= 0) return toAgent(answer, null);
    this.#held += 1;
    setTimeout(() => {
      this.#held -= 1;
      void toAgent(answer, null);
    }, early);
    return undefined;
  }

  /** Answers a call with an error of the hub, or without the instance if that is possible. Does nothing if it is over. */
  fail(call: Call, code: HubErrorCode, message: string, failure?: Failure): void {
    if (call.over) return;
    const { toAgent, describe, instanceId } = this.#options;
    const isAway = code === 'CONNECTION_LOST' || code === 'INSTANCE_NOT_ACTIVE';
    if (call.transform !== null && isAway) {
      this.finish(call);
      call.drop();
      toAgent(call.transform(null), null);
      return;
    }
    const error = new HubError(code, message, {
      ...describe().facts,
      instance_id: instanceId,
      ...(failure === undefined ? {} : { last_error: failure }),
    });
    this.finish(call);
    call.drop();
    toAgent(failureFrame(call.rawId, call.method, error), null);
  }

  /** Forgets a call that is answered, or that nobody waits for any more. */
  finish(call: Call): void {
    if (call.over) return;
    call.finish();
    this.#calls.delete(call);
    if (this.isIdle) this.#options.onIdle();
  }

  /** The instance's answer as the agent gets it: on one line, and in MCP's shape. */
  #answerOf({ transform, method }: Call, frame: Frame): Frame {
    if (transform !== null) return oneLine(transform(textOf(frame)));
    if (typeof frame !== 'string') return frame;
    return oneLine(
      method === 'tools/call' ? readableResult(frame, this.#options.maxMessage) : frame,
    );
  }
}
