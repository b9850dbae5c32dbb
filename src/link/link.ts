import type { Failure, Target } from '../../machines/model.ts';
import type { HubErrorCode } from '../errors.ts';
import { printable } from '../printable.ts';
import { errorFrame, notificationFrame, RPC_CODE } from '../wire/answer.ts';
import { ExchangeError } from '../wire/exchange-error.ts';
import { Answers } from './answers.ts';
import { Call, type Transform } from './call.ts';
import { Calls } from './calls.ts';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import { FromInstance } from './from-instance.ts';
import type { LinkOptions } from './link-options.ts';
import { LinkSession } from './link-session.ts';
import type { Asker } from './server-requests.ts';
import { Subscriptions } from './subscriptions.ts';

/** Milliseconds after a cancellation in which the instance may end the exchange itself. */
const CANCEL_GRACE = 200;

/**
 * Carries one session's traffic to one instance, as frames. It outlives the MCP sessions at the instance: `open` makes
 * a new one, `suspend` keeps waiting calls while the instance is away, `close` is final. A request that was sent is never
 * sent again, unless the instance answered 404, which shows that it didn't process it.
 */
export class Link implements Asker {
  #options: LinkOptions;
  readonly #calls: Calls;
  #subscriptions = new Subscriptions();
  readonly #fromInstance: FromInstance;
  readonly #owner: ExchangeOwner;
  readonly #answers: Answers;
  #session: LinkSession | null = null;
  #state: 'waiting' | 'opening' | 'open' | 'closed' = 'waiting';

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#calls = new Calls(
      (call) => this.#sendOrQueue(call),
      (change) => options.backlog.count(change),
    );
    this.#answers = new Answers(this.#calls, options);
    this.#fromInstance = new FromInstance({
      ...options,
      asker: this,
      calls: this.#calls,
      answer: (call, frame) => this.#answers.answer(call, frame),
      unreadable: (call, message) =>
        this.#answers.fail(call, 'CONNECTION_LOST', message, { code: 'PROTOCOL_ERROR', message }),
      reply: (frame) => this.#reply(frame),
    });
    this.#owner = {
      maxMessage: options.maxMessage,
      fromInstance: this.#fromInstance,
      isCurrent: (session) => !this.#isStale(session),
      answer: (call, frame) => void this.#answers.answer(call, frame),
      fail: (call, code, message, failure) => this.#answers.fail(call, code, message, failure),
      again: (call) => this.#again(call),
      expired: (session) => this.#expired(session),
      lost: (session, failure) => this.#lose(session, failure),
      suspected: () => this.#options.onSuspected(),
      short: () => this.#options.onShort(),
    };
  }

  get instanceId(): string {
    return this.#options.instanceId;
  }

  /** The agent's subscriptions, for a link that takes over from this one. */
  get subscriptions(): Subscriptions {
    return this.#subscriptions;
  }

  get isIdle(): boolean {
    return this.#answers.isIdle;
  }

  /** Whether the instance sends its notifications on this link. */
  get hasStream(): boolean {
    return this.#session?.isStreaming ?? false;
  }

  /**
   * Opens an MCP session at the instance, restores the agent's settings, then sends the waiting calls.
   * Rejects with {@link ExchangeError}; the calls then keep waiting.
   */
  async open(): Promise<void> {
    const target = this.#options.target();
    if (this.#state === 'closed' || target === null) {
      throw new ExchangeError({ code: 'CONNECTION_REFUSED', message: 'the instance is away' });
    }
    this.#leaveSession();
    return this.#openSession(target);
  }

  async #openSession(target: Target): Promise<void> {
    this.#state = 'opening';
    const session = new LinkSession({
      ...this.#options,
      target,
      onFrame: (text) => this.#fromInstance.receive(text, null),
      onMalformed: (head, tail) => this.#fromInstance.malformed(head, tail, null),
      onStreamEnd: (failure) => this.#streamEnded(session, failure),
      onAnswersLost: () => this.#loseAccepted(session),
      onExpired: () => this.#expired(session),
    });
    this.#session = session;
    const { agent, logLevel, openTimeout } = this.#options;
    try {
      await session.open(agent(), logLevel, this.#subscriptions.params(), openTimeout);
    } catch (error) {
      void session.close();
      if (this.#session === session) this.#state = 'waiting';
      this.#options.onSuspected();
      throw error;
    }
    if (this.#session !== session) {
      throw new ExchangeError({ code: 'CONNECTION_LOST', message: 'opened anew meanwhile' });
    }
    this.#state = 'open';
    session.listen();
    for (const call of this.#calls) if (!call.isUnderWay) this.#send(call, session);
  }

  /** The instance is away: calls that were sent are lost, all others wait. */
  suspend(): void {
    if (this.#state === 'closed') return;
    this.#state = 'waiting';
    this.#leaveSession();
    this.#fromInstance.withdrawAsks();
    this.#calls.clearQueue();
    for (const call of this.#calls) {
      if (call.sent)
        this.#answers.fail(call, 'CONNECTION_LOST', 'the connection broke during the call');
      else this.#again(call);
    }
  }

  /**
   * Moves to the instance that succeeds this one. Calls that were sent are lost; waiting calls and subscriptions move to
   * the successor and are sent once the link is opened.
   */
  move(options: LinkOptions): void {
    this.suspend();
    this.#options = options;
    this.#answers.move(options);
    for (const call of this.#calls) if (call.isQueued) call.requeue(options.await());
  }

  /** Takes over the calls and subscriptions of a suspended link, and closes that link. */
  takeOver(other: Link): void {
    this.inherit(other.subscriptions);
    for (const call of [...other.#calls]) {
      other.#calls.delete(call);
      const { rawId, method, frame, transform, isSingle } = call;
      call.finish();
      this.request(frame, rawId, method, transform, isSingle);
    }
    void other.close('INSTANCE_GONE', 'another instance has taken its place');
  }

  /** Takes over the agent's subscriptions at another instance. */
  inherit(subscriptions: Subscriptions): void {
    this.#subscriptions.adopt(subscriptions);
    // A link that isn't open subscribes when it opens.
    if (this.#state === 'open') void this.#session?.subscribe(subscriptions.params());
  }

  /** Ends everything except single calls. Returns the ended subscriptions. Open calls are answered with `code`. */
  leave(code: HubErrorCode, reason: string): Subscriptions {
    const left = this.#subscriptions;
    this.#subscriptions = new Subscriptions();
    if (this.#state === 'open') void this.#session?.unsubscribe(left.params());
    for (const call of this.#calls) {
      if (call.isSingle) continue;
      if (call.sent) this.notify(cancellation(call, reason));
      this.#answers.fail(call, code, reason);
    }
    return left;
  }

  /** Sets the agent's new log level. A link that isn't open sets it when it opens. */
  setLevel(): void {
    if (this.#state === 'open') void this.#session?.setLevel(this.#options.logLevel());
  }

  /** Closes the link for good. Open calls are answered with `code`. Resolves when the session at the instance has ended. */
  async close(code: HubErrorCode, reason: string): Promise<void> {
    if (this.#state === 'closed') return;
    // Calls that were sent to a dead instance may have taken effect, so they are lost, not refused.
    if (code === 'INSTANCE_NOT_ACTIVE') this.suspend();
    this.#state = 'closed';
    this.#fromInstance.withdrawAsks();
    this.#calls.clearQueue();
    // Cancel the calls at the instance, because their answers are no longer wanted.
    const farewells = [...this.#calls]
      .filter(({ sent }) => sent)
      .map((call) => cancellation(call, reason));
    for (const call of this.#calls) this.#answers.fail(call, code, reason);
    const session = this.#session;
    this.#session = null;
    await session?.close(farewells);
  }

  /** Sends a request of the agent, now or once the link is open. It is answered exactly once. */
  request(
    frame: string,
    rawId: string,
    method: string,
    transform: Transform | null = null,
    isSingle = false,
  ): void {
    if (this.#calls.get(rawId) !== undefined) {
      const message = `request id ${rawId} is in use`;
      this.#options.toAgent(errorFrame(rawId, RPC_CODE.invalidRequest, message), null);
      return;
    }
    const call = new Call(rawId, method, frame, transform, this.#options.backlog.add(frame));
    call.isSingle = isSingle;
    if (this.isIdle) this.#options.onBusy();
    this.#calls.add(call);
    this.#subscriptions.note(method, frame);
    if (this.#state === 'closed') {
      this.#answers.fail(call, 'INSTANCE_GONE', `instance "${this.instanceId}" is gone`);
    } else this.#sendOrQueue(call);
  }

  /** Sends a notification of the agent. Drops it while the instance is away. */
  notify(frame: string): void {
    if (this.#state !== 'open' || this.#session?.messages.send(frame) !== false) return;
    this.#options.log.warn('dropped a message to an instance that takes none', {
      instance: this.instanceId,
    });
  }

  /** Cancels a request, which is then never answered. `frame` is the agent's notification. Returns false for unknown requests. */
  cancel(rawId: string, frame: string): boolean {
    const call = this.#calls.get(rawId);
    if (call === undefined) return false;
    const wasUnderWay = call.isUnderWay;
    this.#answers.finish(call);
    if (wasUnderWay) {
      this.notify(frame);
      setTimeout(() => call.drop(), CANCEL_GRACE).unref();
    }
    return true;
  }

  /** {@link Asker} */
  answered(frame: string): void {
    this.#reply(frame);
  }

  #reply(frame: string): void {
    if (this.#state !== 'open' || this.#session?.replies.send(frame) !== false) return;
    this.#options.log.warn('dropped an answer to an instance that takes none', {
      instance: this.instanceId,
    });
  }

  /** Sends a call again that the instance has not received. */
  #again(call: Call): void {
    call.takeBack();
    this.#sendOrQueue(call);
  }

  #sendOrQueue(call: Call): void {
    if (this.#state === 'open' && this.#session !== null) this.#send(call, this.#session);
    else this.#queue(call);
  }

  #queue(call: Call): void {
    if (call.isQueued) return;
    const { callWait, openTimeout } = this.#options;
    // While the link is being opened, the instance isn't away.
    const wait = this.#state === 'opening' ? Math.max(callWait, openTimeout) : callWait;
    // A call that the hub can answer without the instance doesn't wait.
    const patience = this.#state === 'opening' || call.transform === null ? wait : 0;
    const expire = () => this.#answers.fail(call, 'INSTANCE_NOT_ACTIVE', this.#awayFor(wait));
    call.queue(patience, expire, this.#options.await());
  }

  #awayFor(wait: number): string {
    const { name, facts } = this.#options.describe();
    const instance = `instance "${printable(name)}"`;
    return facts.state === 'active'
      ? `${instance} opened no session within ${wait} ms`
      : `${instance} is ${facts.state ?? 'away'}, and did not come back within ${wait} ms`;
  }

  #send(call: Call, session: LinkSession): void {
    if (!this.#calls.takeSlot(call)) {
      call.dequeue();
      return;
    }
    call.start(this.#options.traffic, () => new Exchange(call, session, this.#owner).start());
  }

  /** The instance no longer knows the session: opens a new one, which the agent doesn't notice. */
  #expired(session: LinkSession): void {
    if (this.#isStale(session)) return;
    this.#loseAccepted(session);
    session.retire();
    const target = this.#options.target();
    if (target === null) {
      this.#session = null;
      this.#state = 'waiting';
      return;
    }
    this.#openSession(target).catch((error: unknown) => {
      if (!(error instanceof ExchangeError) || this.#state !== 'waiting') return;
      this.#options.onLost(error.failure);
    });
  }

  #streamEnded(session: LinkSession, failure: Failure | null): void {
    if (this.#isStale(session)) return;
    if (failure?.code === 'CONNECTION_REFUSED') this.#lose(session, failure);
    else this.#options.onSuspected();
  }

  /** Fails the calls whose answers were to arrive on the standing stream, which can't be resumed. */
  #loseAccepted(session: LinkSession): void {
    if (this.#isStale(session)) return;
    for (const call of this.#calls) {
      if (call.phase !== 'accepted') continue;
      this.#answers.fail(call, 'CONNECTION_LOST', 'the stream for its answer broke');
    }
  }

  #lose(session: LinkSession, failure: Failure): void {
    if (this.#isStale(session)) return;
    this.suspend();
    this.#options.onLost(failure);
    this.#options.onSuspected();
  }

  #isStale(session: LinkSession): boolean {
    return this.#session !== session || this.#state !== 'open';
  }

  #leaveSession(): void {
    const session = this.#session;
    this.#session = null;
    void session?.close();
  }
}

function cancellation({ rawId }: Call, reason: string): string {
  const requestId: unknown = JSON.parse(rawId);
  return notificationFrame('notifications/cancelled', { requestId, reason });
}
