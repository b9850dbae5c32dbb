import { CLOSE_DEADLINE } from '../../machines/backoff.ts';
import type { AgentInfo, Failure, Target } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import { handshake } from '../wire/handshake.ts';
import type { HttpRequester } from '../wire/http-exchange.ts';
import { objectOf, parseJson } from '../wire/json.ts';
import { createNodeRequester } from '../wire/node-requester.ts';
import { Outbox } from '../wire/outbox.ts';
import { CLOSED, ExchangeError, RpcClient } from '../wire/rpc-client.ts';
import { StreamableHttp, streamEndOf } from '../wire/streamable-http.ts';
import { JsonAnswers, mayAnswerJson } from './json-answers.ts';
import type { LinkOptions } from './link-options.ts';
import { resumeDelay } from './resume-delay.ts';

export interface LinkSessionOptions
  extends Pick<LinkOptions, 'traffic' | 'now' | 'maxMessage' | 'guard'> {
  readonly target: Target;
  /** A message that comes on the standing stream. */
  onFrame(text: string): Promise<void> | undefined;
  /** The ends of a message that came there and isn't valid. */
  onMalformed(head: string, tail: string): void;
  /** The standing stream ended; it is opened again by itself while the session is open. */
  onStreamEnd(failure: Failure | null): void;
  /** What the instance had to say on the standing stream is lost: it can't be resumed where it ended. */
  onAnswersLost(): void;
  /** The instance doesn't know the session any more. */
  onExpired(): void;
}

/** One MCP session at an instance, opened as the agent. Once closed it is of no more use. */
export class LinkSession {
  readonly http: StreamableHttp;
  readonly rpc: RpcClient;
  /** Answers to what the instance asked. */
  readonly replies: Outbox;
  /** Notifications and cancellations. */
  readonly messages: Outbox;
  /** What is known of the instance's answers in JSON; null where it isn't to be asked for JSON alone. */
  jsonAnswers: JsonAnswers | null = null;
  readonly #options: LinkSessionOptions;
  readonly #destroy: () => void;
  readonly #requestControl: HttpRequester;
  /** Sends what wants no answer on sockets of its own: never behind calls. */
  #control: RpcClient | null = null;
  /** How often in a row the standing stream was resumed, and brought no message. */
  #fruitless = 0;
  #stopListening: (() => void) | null = null;
  /** `resuming`: it has ended or is lost, and what comes meanwhile isn't. */
  #stream: 'none' | 'opening' | 'open' | 'resuming' = 'none';
  #closed = false;
  #opening: Promise<unknown> = Promise.resolve();

  constructor(options: LinkSessionOptions) {
    const { target, traffic, now, maxMessage, guard } = options;
    const { request, destroy } = createNodeRequester({ keepAlive: true, guard });
    this.#options = options;
    const control = createNodeRequester({
      keepAlive: true,
      maxSockets: BUDGETS.controlSockets.value,
      guard,
    });
    this.#requestControl = control.request;
    this.#destroy = () => {
      destroy();
      control.destroy();
    };
    this.http = new StreamableHttp({
      ...target,
      request,
      maxMessage,
      onHeard: () => {
        traffic.lastActivity = now();
      },
    });
    this.rpc = new RpcClient(this.http, (text) => void options.onFrame(text));
    const deliver = (frame: string) => this.#control?.send(frame) ?? Promise.resolve();
    this.replies = new Outbox(deliver, {
      underWay: BUDGETS.repliesUnderWay.value,
      waiting: BUDGETS.repliesWaiting.value,
    });
    this.messages = new Outbox(deliver, {
      underWay: BUDGETS.messagesUnderWay.value,
      waiting: BUDGETS.messagesWaiting.value,
    });
  }

  get isStreaming(): boolean {
    return this.#stream === 'open';
  }

  /** Whether a call that the instance took without a word may still be answered, on the standing stream. */
  get canAnswer(): boolean {
    return this.#stream !== 'none';
  }

  /**
   * `initialize` as the agent, then its log level and subscriptions (params as JSON texts). An instance that
   * refuses one of these is as good as before. Rejects with {@link ExchangeError} when there is no session, after
   * `timeout` milliseconds at the latest.
   */
  async open(
    agent: AgentInfo,
    logLevel: string | null,
    subscriptions: Iterable<string>,
    timeout: number,
  ): Promise<void> {
    const opening = handshake(this.http, this.rpc, this.#options.target, agent);
    this.#opening = opening.catch(() => {});
    const { capabilities, protocolVersion } = await within(timeout, opening);
    if (this.#closed) throw new ExchangeError(CLOSED);
    this.#control = new RpcClient(this.http.by(this.#requestControl), () => {});
    if (mayAnswerJson(agent.protocolVersion, protocolVersion, this.http)) {
      this.jsonAnswers = new JsonAnswers();
    }
    const set = (method: string, params: string) =>
      this.rpc.request(method, objectOf(parseJson(params))).catch(() => undefined);
    await within(
      timeout,
      Promise.all([
        ...(logLevel !== null && 'logging' in capabilities
          ? [set('logging/setLevel', logLevel)]
          : []),
        ...Array.from(subscriptions, (params) => set('resources/subscribe', params)),
      ]),
    );
  }

  /** Opens the standing stream, where the instance has one, and keeps it open. */
  listen(lastEventId: string | null): void {
    if (this.#closed) return;
    this.#stream = lastEventId === null ? 'opening' : 'resuming';
    this.#stopListening = this.http.listen(lastEventId, {
      onOpen: () => {
        this.#stream = 'open';
        this.jsonAnswers?.probe(this.http);
      },
      onFrame: (text) => {
        this.#fruitless = 0;
        return this.#options.onFrame(text);
      },
      onMalformed: (head, tail) => this.#options.onMalformed(head, tail),
      onOversize: () => {},
      onEnd: (end) => {
        if (this.#closed) return;
        const ended = streamEndOf(end);
        this.#stream = (ended?.lastEventId ?? null) === null ? 'none' : 'resuming';
        if (this.#stream === 'none') this.#options.onAnswersLost();
        if (end.kind === 'status' && end.status === 404 && this.http.sessionId !== null) {
          this.#options.onExpired();
        }
        if (ended === null) return;
        this.#options.onStreamEnd(ended.kind === 'failed' ? ended.failure : null);
        const delay = resumeDelay(ended, lastEventId, this.#fruitless);
        this.#fruitless += 1;
        setTimeout(() => this.listen(ended.lastEventId), delay).unref();
      },
    });
  }

  /** The instance has forgotten the session: nothing new goes out; what is under way gets its answer, a 404 perhaps. */
  retire(): void {
    this.#closed = true;
    this.#stream = 'none';
    this.#stopListening?.();
    this.#stopSending();
    this.rpc.close();
  }

  #stopSending(): void {
    this.replies.close();
    this.messages.close();
    this.#control?.close();
  }

  /**
   * Sends `farewells`, then ends the session at the instance, and its sockets. Resolves when the instance has answered, a
   * second at most.
   */
  async close(farewells: readonly string[] = []): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream = 'none';
    this.#stopListening?.();
    const deadline = setTimeout(this.#destroy, CLOSE_DEADLINE);
    // A session that is just being opened has an id only when the instance has answered: it is ended then.
    await this.#opening;
    this.replies.close();
    this.messages.close();
    await Promise.all(farewells.map((frame) => this.#control?.send(frame)));
    this.#stopSending();
    this.rpc.close();
    await this.http.end();
    clearTimeout(deadline);
    this.#destroy();
  }
}

/** The result, or `CONNECT_TIMEOUT` after so many milliseconds. */
async function within<T>(timeout: number, result: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `no session within ${timeout} ms`;
      reject(new ExchangeError({ code: 'CONNECT_TIMEOUT', message }));
    }, timeout);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
