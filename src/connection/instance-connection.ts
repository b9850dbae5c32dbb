import { setTimeout as pause } from 'node:timers/promises';
import type { AgentInfo, Endpoint, Failure, Peer, Registration } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import { type Channel, type ExchangeEnd, streamEndOf } from '../wire/channel.ts';
import { ExchangeError } from '../wire/exchange-error.ts';
import type { ConnectionGuard } from '../wire/guarded-agent.ts';
import type { HttpSockets } from '../wire/http-exchange.ts';
import { isObject, parseJson } from '../wire/json.ts';
import { openChannel } from '../wire/open-channel.ts';
import { Outbox } from '../wire/outbox.ts';
import { Session } from '../wire/session/session.ts';
import { type CatalogueFound, readCatalogue } from './catalogue.ts';
import { CatalogueUpkeep } from './catalogue-upkeep.ts';
import { LifeCheck } from './life-check.ts';
import type { StandingStream, StandingStreams } from './standing-streams.ts';

/** Without a standing stream the instance can't report changes, so the catalogue is read again this often. Milliseconds. */
const REREAD_INTERVAL = 60_000;

/** Shortest time between two openings of the standing stream. Milliseconds. */
const STREAM_INTERVAL = 1_000;

/** Of what an instance sends unasked, only the method and the id matter here. */
const MOST_OBJECTS_UNASKED = 10_000;

/** An instance that was connected to. */
export interface Opened extends CatalogueFound {
  readonly peer: Peer;
}

export interface InstanceConnectionOptions {
  readonly registration: Registration;
  readonly endpoint: Endpoint;
  readonly sockets: HttpSockets;
  /** What the hub says about itself. */
  readonly self: AgentInfo;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly guard: ConnectionGuard;
  /** All standing streams, one of which this connection opens where descriptors allow it. */
  readonly streams: StandingStreams;
  /** Whether only the standing stream shows that the instance is still the one that was connected to. */
  needsStream(): boolean;
  onHeard(): void;
  /** The instance has opened or ended the standing stream. */
  onStreaming(isStreaming: boolean): void;
  /** Whether calls that the instance has taken wait for their answers. */
  isBusy(): boolean;
  /** The connection is of no use any more. Called once at most, and not after `close`. */
  onDown(failure: Failure): void;
  onCatalogue(found: CatalogueFound): void;
}

/**
 * The hub's own MCP session with an instance. It supervises the instance and reads its catalogue, and carries no agent's
 * traffic. `open` once, then any number of `ping`, then `close`.
 */
export class InstanceConnection {
  readonly #options: InstanceConnectionOptions;
  readonly #session: Session;
  readonly #lifeCheck: LifeCheck;
  /** Answers to requests of the instance, which may send more of them than it takes answers. */
  readonly #replies: Outbox;
  readonly #stream: StandingStream;
  #catalogue: CatalogueUpkeep | null = null;
  /** Descriptors ran short: the standing stream is opened again when there are enough. */
  #gaveUpStream = false;
  #closed = false;

  constructor(options: InstanceConnectionOptions) {
    this.#options = options;
    const { registration, endpoint, sockets, self, isBusy } = options;
    const target = { endpoint, nonce: registration.nonce };
    this.#session = new Session({
      channel: this.#channel(sockets),
      target,
      onOther: (text) => this.#onOther(text),
      mostObjects: BUDGETS.supervisedObjects.value,
    });
    const request = sockets.requestAside;
    const borrowed = { request, requestAside: request, destroy: () => {} };
    const channel = () => this.#channel(borrowed);
    this.#lifeCheck = new LifeCheck({ target, self, channel, isBusy });
    this.#replies = new Outbox((frame) => this.#session.send(frame), {
      underWay: BUDGETS.repliesUnderWay.value,
      waiting: BUDGETS.repliesWaiting.value,
    });
    this.#stream = {
      get isSpare() {
        return !options.needsStream();
      },
      giveUp: () => this.#giveUpStream(),
    };
  }

  /** Opens the session and reads the catalogue. Rejects with `ExchangeError` or `RpcError`. */
  async open(): Promise<Opened> {
    const { self, now, onCatalogue } = this.#options;
    const peer = await this.#session.open(self);
    this.#listen();
    this.#catalogue = new CatalogueUpkeep({
      read: () => readCatalogue(this.#session, peer.capabilities),
      now,
      onChange: (found) => onCatalogue(found),
      onFailure: () => void this.ping(),
    });
    return { peer, ...(await this.#catalogue.start()) };
  }

  /**
   * Asks for a sign of life. Resolves with the milliseconds that it took; any answer to `ping` is one, even an error.
   * If the connection has failed instead, `onDown` is called and the promise never settles.
   */
  ping(): Promise<number> {
    const { now } = this.#options;
    const asked = now();
    return new Promise((resolve) => {
      const pong = () => {
        resolve(now() - asked);
        if (this.#gaveUpStream && this.#options.streams.mayOpen) {
          this.#listen();
          // Changes weren't reported meanwhile.
          this.#catalogue?.refresh();
        }
        const age = now() - (this.#catalogue?.readAt ?? 0);
        if (!this.#session.isStreaming && age >= REREAD_INTERVAL) this.#catalogue?.refresh();
      };
      const unanswered = async (error: unknown) => {
        if (isShortage(error)) this.#options.streams.runShort();
        const failure = await this.#lifeCheck.failureBehind(error);
        if (failure) this.#fail(failure);
        else pong();
      };
      this.#session.request('ping', undefined, { aside: true }).then(pong, unanswered);
    });
  }

  /** Ends the session at the instance. Resolves when the instance has answered, after a second at most. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#endStream();
    this.#catalogue?.stop();
    this.#replies.close();
    await this.#session.close();
  }

  #channel(sockets: HttpSockets): Channel {
    const { registration, endpoint, onHeard } = this.#options;
    const target = { endpoint, token: registration.token };
    return openChannel({ target, sockets, maxMessage: BUDGETS.supervisedMessage.value, onHeard });
  }

  /** Keeps the standing stream open. It shows at once that a process dies, and reports changes. */
  #listen(): void {
    if (this.#closed || !this.#mayStream()) return;
    this.#session.listen({
      onOpen: () => this.#options.onStreaming(true),
      onFrame: (text) => {
        this.#onOther(text);
        return undefined;
      },
      onEnd: (end) => this.#streamEnded(end),
      untilReopened: async (stoodFor) => {
        // The process died, or it only closed the stream. Its answer to a ping tells.
        await this.ping();
        const rest = STREAM_INTERVAL - stoodFor;
        if (rest > 0) await pause(rest, undefined, { ref: false });
        return !this.#closed && this.#mayStream();
      },
    });
  }

  #mayStream(): boolean {
    const { streams } = this.#options;
    this.#gaveUpStream = !streams.mayOpen;
    if (!this.#gaveUpStream) streams.add(this.#stream);
    return !this.#gaveUpStream;
  }

  #streamEnded(end: ExchangeEnd): void {
    const { streams, onStreaming } = this.#options;
    streams.delete(this.#stream);
    onStreaming(false);
    const ended = streamEndOf(end);
    if (ended?.kind !== 'failed' || ended.failure.code !== 'OUT_OF_DESCRIPTORS') return;
    this.#giveUpStream();
    streams.runShort();
  }

  #endStream(): void {
    const { streams, onStreaming } = this.#options;
    streams.delete(this.#stream);
    this.#session.stopListening();
    onStreaming(false);
  }

  #giveUpStream(): void {
    this.#endStream();
    this.#gaveUpStream = true;
  }

  #onOther(text: string): void {
    const message = parseJson(text, MOST_OBJECTS_UNASKED);
    if (!isObject(message) || typeof message['method'] !== 'string') return;
    const { method, id } = message;
    if (id !== undefined && id !== null) this.#answer(id, method);
    else if (/^notifications\/(tools|resources|prompts)\/list_changed$/.test(method))
      this.#catalogue?.refresh();
  }

  /** No agent is behind this connection that the instance could ask. */
  #answer(id: unknown, method: string): void {
    const answer =
      method === 'ping'
        ? { result: {} }
        : { error: { code: -32601, message: `${method} is not answered on this connection` } };
    this.#replies.send(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  }

  #fail(failure: Failure): void {
    if (this.#closed) return;
    void this.close();
    this.#options.onDown(failure);
  }
}

function isShortage(error: unknown): boolean {
  return error instanceof ExchangeError && error.failure.code === 'OUT_OF_DESCRIPTORS';
}
