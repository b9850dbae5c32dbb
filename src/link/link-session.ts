import type { AgentInfo, Failure, Target } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import { type ExchangeEnd, streamEndOf } from '../wire/channel.ts';
import { CLOSED, ExchangeError } from '../wire/exchange-error.ts';
import { objectOf, parseJson } from '../wire/json.ts';
import { openTrafficChannel } from '../wire/open-channel.ts';
import { Outbox } from '../wire/outbox.ts';
import { Session } from '../wire/session/session.ts';
import { JsonAnswers, mayAnswerJson } from './json-answers.ts';
import type { LinkOptions } from './link-options.ts';

export interface LinkSessionOptions
  extends Pick<LinkOptions, 'traffic' | 'now' | 'maxMessage' | 'guard'> {
  readonly target: Target;
  /** A message that arrives outside of the agent's calls. */
  onFrame(text: string): Promise<void> | undefined;
  /** The first and last bytes of such a message that isn't valid. */
  onMalformed(head: string, tail: string): void;
  /** The standing stream ended. It is opened again while the session is open. */
  onStreamEnd(failure: Failure | null): void;
  /** The standing stream can't be resumed: answers that were to arrive on it are lost. */
  onAnswersLost(): void;
  /** The instance no longer knows the session. */
  onExpired(): void;
}

/** The MCP session of a link: opened as the agent, with the agent's settings. Once closed it can't be opened again. */
export class LinkSession {
  readonly mcp: Session;
  /** Answers to requests of the instance. */
  readonly replies: Outbox;
  /** Notifications and cancellations. */
  readonly messages: Outbox;
  /** What is known about the instance's answers in JSON, or null if it must not be asked for JSON alone. */
  jsonAnswers: JsonAnswers | null = null;
  readonly #options: LinkSessionOptions;

  constructor(options: LinkSessionOptions) {
    const { target, traffic, now, maxMessage, guard } = options;
    this.#options = options;
    const onHeard = () => {
      traffic.lastActivity = now();
    };
    const channel = openTrafficChannel({ target, guard, maxMessage, onHeard });
    this.mcp = new Session({ channel, target, onOther: (text) => void options.onFrame(text) });
    const deliver = (frame: string) => this.mcp.send(frame, { aside: true });
    this.replies = new Outbox(deliver, {
      underWay: BUDGETS.repliesUnderWay.value,
      waiting: BUDGETS.repliesWaiting.value,
    });
    this.messages = new Outbox(deliver, {
      underWay: BUDGETS.messagesUnderWay.value,
      waiting: BUDGETS.messagesWaiting.value,
    });
  }

  /**
   * Opens the session as the agent, then sets its log level and subscriptions (params as JSON text). An instance that
   * refuses to set one of these is used all the same. Rejects with {@link ExchangeError} when there is no session, after
   * `timeout` milliseconds at the latest.
   */
  async open(
    agent: AgentInfo,
    logLevel: string | null,
    subscriptions: Iterable<string>,
    timeout: number,
  ): Promise<void> {
    const { capabilities, protocolVersion } = await within(timeout, this.mcp.open(agent));
    if (this.mcp.isClosed) throw new ExchangeError(CLOSED);
    if (mayAnswerJson(agent.protocolVersion, protocolVersion, this.mcp)) {
      this.jsonAnswers = new JsonAnswers();
    }
    const set = (method: string, params: string) =>
      this.mcp.request(method, objectOf(parseJson(params))).catch(() => undefined);
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

  /** Whether the standing stream is open. */
  get isStreaming(): boolean {
    return this.mcp.isStreaming;
  }

  /** Opens the standing stream, if the instance offers one, and keeps it open. */
  listen(): void {
    this.mcp.listen({
      onOpen: () => this.jsonAnswers?.probe(this.mcp),
      onFrame: (text) => this.#options.onFrame(text),
      onMalformed: (head, tail) => this.#options.onMalformed(head, tail),
      onEnd: (end) => this.#streamEnded(end),
    });
  }

  #streamEnded(end: ExchangeEnd): void {
    const { onAnswersLost, onExpired, onStreamEnd } = this.#options;
    if (!this.mcp.canDeliver) onAnswersLost();
    if (end.kind === 'status' && end.status === 404 && this.mcp.hasId) onExpired();
    const ended = streamEndOf(end);
    if (ended !== null) onStreamEnd(ended.kind === 'failed' ? ended.failure : null);
  }

  /** The instance has forgotten the session: nothing new goes out, and calls under way may still be answered. */
  retire(): void {
    this.replies.close();
    this.messages.close();
    this.mcp.retire();
  }

  /**
   * Sends `farewells`, then ends the session at the instance. Resolves when the instance has answered, after a second at
   * most.
   */
  close(farewells: readonly string[] = []): Promise<void> {
    this.replies.close();
    this.messages.close();
    return this.mcp.close(farewells);
  }
}

/** The result, or a rejection with `CONNECT_TIMEOUT` after `timeout` milliseconds. */
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
