import { resultFrame } from '../../wire/answer.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import type { Frame } from '../../wire/frame.ts';
import { paramsOf } from '../agent-request.ts';
import { agentInfoOf, initializeResult } from '../initialize.ts';
import type { FrameSink } from './stdio.ts';

type Send = (frame: Frame) => Promise<void> | undefined;

/**
 * Replaces the agent's session while the hub is being loaded: answers `initialize` immediately if it comes first, and keeps
 * every frame for the session.
 */
export class EarlySession implements FrameSink {
  /** Resolves when the agent has sent something. */
  readonly spoken: Promise<void>;
  readonly #send: Send;
  readonly #version: string;
  #session: FrameSink | null = null;
  #kept: ((session: FrameSink) => Promise<void> | undefined)[] = [];
  /** The start of the session's own answer to `initialize`, until that has been dropped. */
  #repeated: string | null = null;
  readonly #handedOver: Promise<void>;
  #onSpoken = () => {};
  #onHandedOver: (hold: Promise<void> | undefined) => void = () => {};

  constructor(send: Send, version: string) {
    this.#send = send;
    this.#version = version;
    this.spoken = new Promise((resolve) => {
      this.#onSpoken = resolve;
    });
    this.#handedOver = new Promise((resolve) => {
      this.#onHandedOver = resolve;
    });
  }

  /** Takes a frame. If it returns a promise, the caller must wait for that before passing more. */
  receive(frame: string): Promise<void> | undefined {
    if (this.#session !== null) return this.#session.receive(frame);
    if (this.#kept.length === 0) this.#answer(frame);
    return this.#keep((session) => session.receive(frame));
  }

  refuseOversize(rawId: string, bytes: number, limit: number): void {
    if (this.#session !== null) this.#session.refuseOversize(rawId, bytes, limit);
    else {
      void this.#keep((session) => {
        session.refuseOversize(rawId, bytes, limit);
        return undefined;
      });
    }
  }

  /** Passes all kept and future frames to the session that `open` creates. */
  handOver<Session extends FrameSink>(open: (toAgent: Send) => Session): Session {
    const session = open((frame) => (this.#isRepeated(frame) ? undefined : this.#send(frame)));
    this.#session = session;
    let hold: Promise<void> | undefined;
    for (const give of this.#kept.splice(0)) hold = give(session);
    this.#onHandedOver(hold);
    return session;
  }

  #keep(give: (session: FrameSink) => Promise<void> | undefined): Promise<void> {
    this.#kept.push(give);
    this.#onSpoken();
    return this.#handedOver;
  }

  #answer(frame: string): void {
    const { id = null, method = null } = readEnvelope(frame) ?? {};
    const info = method === 'initialize' && id !== null ? agentInfoOf(paramsOf(frame)) : null;
    if (info === null || id === null || !/^["\d-]/.test(id)) return;
    this.#repeated = resultFrame(id, 0).slice(0, -2);
    this.#send(resultFrame(id, initializeResult(info, this.#version)));
  }

  /** Whether a frame is the session's own answer to `initialize`, which is dropped because the agent already has one. */
  #isRepeated(frame: Frame): boolean {
    if (this.#repeated === null || typeof frame !== 'string') return false;
    const isRepeated = frame.startsWith(this.#repeated);
    if (isRepeated) this.#repeated = null;
    return isRepeated;
  }
}
