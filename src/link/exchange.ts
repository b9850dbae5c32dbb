import type { Failure } from '../../machines/model.ts';
import type { HubErrorCode } from '../errors.ts';
import { shown } from '../printable.ts';
import { RPC_CODE } from '../wire/answer.ts';
import type { ExchangeEnd, ExchangeSink } from '../wire/channel.ts';
import type { Envelope } from '../wire/envelope.ts';
import { errorIn } from '../wire/error-body.ts';
import { resumeDelay } from '../wire/session/resume-delay.ts';
import type { Call } from './call.ts';
import type { FromInstance } from './from-instance.ts';
import type { LinkSession } from './link-session.ts';

/** Milliseconds after the answer in which the instance may close the stream itself. */
const STREAM_GRACE = 1_000;

/** Milliseconds after which a call is sent again for which there was no file descriptor. */
const SHORTAGE_PAUSE = 250;

/** What an exchange tells its link to do. */
export interface ExchangeOwner {
  /** The largest message to the agent, in bytes. */
  readonly maxMessage: number;
  readonly fromInstance: FromInstance;
  /** Whether the link still uses this session. */
  isCurrent(session: LinkSession): boolean;
  answer(call: Call, frame: string): void;
  fail(call: Call, code: HubErrorCode, message: string, failure?: Failure): void;
  /** The instance hasn't received the call. Send it as if for the first time. */
  again(call: Call): void;
  /** The instance has forgotten the session. */
  expired(session: LinkSession): void;
  lost(session: LinkSession, failure: Failure): void;
  /** Check whether the instance is still there. */
  suspected(): void;
  /** File descriptors have run short. */
  short(): void;
}

/** One call in one session: handles what the response brings, and decides what an end without an answer means. */
export class Exchange implements ExchangeSink {
  readonly #call: Call;
  readonly #session: LinkSession;
  readonly #owner: ExchangeOwner;
  #isStream = false;
  #resumedAfter: string | null = null;
  /** How often in a row it was resumed without bringing a message. */
  #fruitless = 0;
  #leaving: NodeJS.Timeout | undefined;
  /** The tool of a call whose answer may come as JSON alone. */
  readonly #tool: string | null;
  #wantsJson = false;

  constructor(call: Call, session: LinkSession, owner: ExchangeOwner) {
    this.#call = call;
    this.#session = session;
    this.#owner = owner;
    this.#tool = session.jsonAnswers?.toolOf(call.method, call.frame) ?? null;
  }

  /** Sends the call. Returns the abort. */
  start(): () => void {
    const { mcp, jsonAnswers } = this.#session;
    // Without a standing stream the instance could send nothing but the answer.
    this.#wantsJson =
      mcp.isStreaming && this.#tool !== null && (jsonAnswers?.wants(this.#tool) ?? false);
    return mcp.post(this.#call.frame, this, { accept: this.#wantsJson ? 'json' : 'both' });
  }

  onSent(): void {
    this.#call.note('sent');
  }

  onWritten(): void {
    this.#call.onWritten();
  }

  onOpen(): void {
    this.#isStream = true;
    if (this.#wantsJson && this.#tool !== null) this.#session.jsonAnswers?.streamed(this.#tool);
  }

  onFrame(text: string): Promise<void> | undefined {
    const wasOver = this.#call.over;
    return this.#received(this.#owner.fromInstance.receive(text, this.#call), wasOver);
  }

  onLarge(parts: readonly Buffer[], envelope: Envelope): Promise<void> | undefined | false {
    const wasOver = this.#call.over;
    const hold = this.#owner.fromInstance.receiveLarge(parts, envelope);
    return hold === false ? false : this.#received(hold, wasOver);
  }

  onMalformed(head: string, tail: string): void {
    this.#owner.fromInstance.malformed(head, tail, this.#call);
  }

  #received(hold: Promise<void> | undefined, wasOver: boolean): Promise<void> | undefined {
    this.#fruitless = 0;
    if (!wasOver) this.#learn();
    // An instance that doesn't close its streams would hold a socket for each call.
    if (this.#isStream && this.#call.over) {
      this.#leaving ??= setTimeout(() => this.#call.drop(), STREAM_GRACE).unref();
    }
    return hold;
  }

  onOversize(bytes: number): void {
    const message = `the answer has ${bytes} bytes, the limit is ${this.#owner.maxMessage}`;
    this.#owner.fail(this.#call, 'MESSAGE_TOO_LARGE', message);
  }

  onEnd(end: ExchangeEnd): void {
    clearTimeout(this.#leaving);
    if (!this.#call.over) this.#endedUnanswered(end);
    if (this.#call.over || this.#call.phase === 'accepted') this.#call.freeSlot();
  }

  /** Notes whether the instance sends more than the answer in the response to a call. */
  #learn(): void {
    if (!this.#call.over) this.#session.jsonAnswers?.refuse();
    else if (this.#tool !== null) this.#session.jsonAnswers?.answeredAlone(this.#tool);
  }

  #endedUnanswered(end: ExchangeEnd): void {
    if (this.#wantsJson) this.#session.jsonAnswers?.refuse();
    const [call, session, owner] = [this.#call, this.#session, this.#owner];
    if (end.kind === 'status' && call.phase === 'resumed') {
      // The status is about the stream. The instance has taken the call, so it is lost and must not be sent again.
      owner.fail(
        call,
        'CONNECTION_LOST',
        `the instance answered HTTP ${end.status} to a resumption`,
      );
      if (end.status === 404 && session.mcp.hasId) owner.expired(session);
    } else if (end.kind === 'status') {
      this.#refused(end.status, end.body);
    } else if (end.kind === 'accepted' && session.mcp.canDeliver) {
      call.note('accepted');
    } else if (end.kind === 'accepted') {
      owner.fail(call, 'CONNECTION_LOST', 'the instance accepted the call and answered nothing');
    } else if (end.kind === 'failed' && end.failure.code === 'OUT_OF_DESCRIPTORS') {
      owner.short();
      this.#afterShortage();
    } else if (end.kind === 'failed' && !call.sent) {
      // The instance hasn't received it, so it isn't lost and waits.
      owner.lost(session, end.failure);
      owner.again(call);
    } else if (end.lastEventId !== null && owner.isCurrent(session)) {
      this.#resume(end.lastEventId, resumeDelay(end, this.#resumedAfter, this.#fruitless));
      this.#fruitless += 1;
    } else if (end.kind === 'failed' && end.failure.code === 'PROTOCOL_ERROR') {
      owner.fail(call, 'INSTANCE_REFUSED', shown(end.failure.message), end.failure);
      owner.suspected();
    } else {
      owner.fail(call, 'CONNECTION_LOST', 'the connection broke during the call');
      if (end.kind === 'failed') owner.suspected();
    }
  }

  /** @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery */
  #resume(lastEventId: string, delay: number): void {
    this.#call.note('resumed');
    this.#resumedAfter = lastEventId;
    const resume = setTimeout(() => {
      this.#call.carriedBy(this.#session.mcp.resume(lastEventId, this));
    }, delay);
    this.#call.carriedBy(() => clearTimeout(resume));
  }

  /** Sends the call, or resumes its stream, a little later. The link itself is intact. */
  #afterShortage(): void {
    const [call, session, owner] = [this.#call, this.#session, this.#owner];
    const again = setTimeout(() => {
      if (call.phase !== 'resumed' || this.#resumedAfter === null) owner.again(call);
      else call.carriedBy(session.mcp.resume(this.#resumedAfter, this));
    }, SHORTAGE_PAUSE);
    call.carriedBy(() => clearTimeout(again));
  }

  #refused(status: number, body: string): void {
    const [call, owner] = [this.#call, this.#owner];
    const error = errorIn(body);
    // An instance that doesn't know a method hasn't forgotten the session.
    const isUnknown = error?.['code'] === RPC_CODE.methodNotFound;
    if (status === 404 && this.#session.mcp.hasId && !call.wasResent && !isUnknown) {
      owner.expired(this.#session);
      owner.again(call);
      return;
    }
    if (error !== null) {
      owner.answer(call, `{"jsonrpc":"2.0","id":${call.rawId},"error":${JSON.stringify(error)}}`);
      return;
    }
    const message = `the instance answered HTTP ${status}`;
    const code = status === 401 || status === 403 ? 'UNAUTHORIZED' : 'HTTP_ERROR';
    owner.fail(call, 'INSTANCE_REFUSED', message, {
      code,
      message: body.slice(0, 200) || message,
    });
    owner.suspected();
  }
}
