import { CLOSE_DEADLINE } from '../../machines/backoff.ts';
import type {
  AgentInfo,
  Endpoint,
  Failure,
  FailureCode,
  Peer,
  Registration,
} from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import { dial } from '../wire/dial.ts';
import { endpointsOf } from '../wire/endpoint.ts';
import type { ConnectionGuard } from '../wire/guarded-agent.ts';
import { handshake } from '../wire/handshake.ts';
import type { HttpRequester } from '../wire/http-exchange.ts';
import { isObject, parseJson } from '../wire/json.ts';
import { Outbox } from '../wire/outbox.ts';
import { CLOSED, ExchangeError, RpcClient } from '../wire/rpc-client.ts';
import { StreamableHttp, streamEndOf } from '../wire/streamable-http.ts';
import { type CatalogueFound, readCatalogue } from './catalogue.ts';
import { CatalogueUpkeep } from './catalogue-upkeep.ts';
import { LifeCheck } from './life-check.ts';
import { openSockets, type Sockets } from './sockets.ts';
import type { StandingStream, StandingStreams } from './standing-streams.ts';

/** Without a standing stream nobody tells of changes: the catalogue is read again this often, in milliseconds. */
const REREAD_INTERVAL = 60_000;

/** Failures that another address can't mend. */
const FINAL: ReadonlySet<FailureCode> = new Set([
  'OUT_OF_DESCRIPTORS',
  'PROCESS_GONE',
  'SUPERSEDED',
  'UNAUTHORIZED',
]);

/** Only the method and the id of what an instance sends unasked are of interest here. */
const MOST_OBJECTS_UNASKED = 10_000;

/** An instance that was connected to. */
export interface Opened extends CatalogueFound {
  readonly peer: Peer;
}

export interface InstanceConnectionOptions {
  readonly registration: Registration;
  /** Who the hub says it is. */
  readonly self: AgentInfo;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly guard: ConnectionGuard;
  /** Where this connection's standing stream is kept, and given up. */
  readonly streams: StandingStreams;
  /** Whether the standing stream alone shows that the instance is still the one that was connected to. */
  needsStream(): boolean;
  onHeard(): void;
  /** The instance has opened, or ended, the standing stream. */
  onStreaming(isStreaming: boolean): void;
  /** Whether calls that the instance has taken wait for their answers. */
  isBusy(): boolean;
  /** The connection is of no use any more. Comes once at most, and not after `close`. */
  onDown(failure: Failure): void;
  onCatalogue(found: CatalogueFound): void;
}

/**
 * The hub's own MCP connection to one instance: it supervises and reads the catalogue, and carries no session's
 * traffic. `open` once, then any number of `ping`, then `close`.
 */
export class InstanceConnection {
  readonly #options: InstanceConnectionOptions;
  readonly #dialling = new AbortController();
  #sockets: Sockets | null = null;
  /** Answers to what the instance asks; it may ask more than it takes answers. */
  readonly #replies = new Outbox((frame) => this.#rpc?.send(frame) ?? Promise.resolve(), {
    underWay: BUDGETS.repliesUnderWay.value,
    waiting: BUDGETS.repliesWaiting.value,
  });
  #http: StreamableHttp | null = null;
  #rpc: RpcClient | null = null;
  #pings: RpcClient | null = null;
  #lifeCheck: LifeCheck | null = null;
  #stopListening: (() => void) | null = null;
  #streaming = false;
  #catalogue: CatalogueUpkeep | null = null;
  readonly #stream: StandingStream;
  /** Descriptors ran short: the standing stream is opened again when they suffice. */
  #gaveUpStream = false;
  #closed = false;
  #opening: Promise<unknown> = Promise.resolve();

  constructor(options: InstanceConnectionOptions) {
    this.#options = options;
    this.#stream = {
      get isSpare() {
        return !options.needsStream();
      },
      giveUp: () => this.#giveUpStream(),
    };
  }

  /** Connects, at whichever loopback address answers. Rejects with {@link ExchangeError}. */
  async open(): Promise<Opened> {
    let first: ExchangeError | null = null;
    for (const endpoint of endpointsOf(this.#options.registration)) {
      try {
        return await this.#openAt(endpoint);
      } catch (error) {
        const failure = asExchangeError(error);
        // The more telling failure: somebody who refuses beats nobody who listens.
        const isFinal = FINAL.has(failure.failure.code);
        if (failure.failure.code === 'OUT_OF_DESCRIPTORS') this.#options.streams.runShort();
        if (first === null || isFinal || first.failure.code === 'CONNECTION_REFUSED')
          first = failure;
        if (this.#closed || isFinal) break;
      }
    }
    throw first ?? new ExchangeError({ code: 'CONNECTION_REFUSED', message: 'no address to try' });
  }

  /**
   * Asks for a sign of life; resolves with the milliseconds it took. Any answer to `ping` is one, an error too.
   * When there can be none any more, `onDown` is told and the promise never settles.
   */
  ping(): Promise<number> {
    const { now } = this.#options;
    const asked = now();
    return new Promise((resolve) => {
      const pong = () => {
        resolve(now() - asked);
        if (this.#gaveUpStream && this.#options.streams.mayOpen) {
          this.#listen(null);
          // Nobody told of changes meanwhile.
          this.#catalogue?.refresh();
        }
        const age = now() - (this.#catalogue?.readAt ?? 0);
        if (!this.#streaming && age >= REREAD_INTERVAL) this.#catalogue?.refresh();
      };
      const unanswered = async (error: unknown) => {
        if (isShortage(error)) this.#options.streams.runShort();
        const failure = await this.#lifeCheck?.failureBehind(error);
        if (failure) this.#fail(failure);
        else pong();
      };
      this.#pings?.request('ping').then(pong, unanswered);
    });
  }

  #channel(endpoint: Endpoint, request: HttpRequester): StreamableHttp {
    const { registration, onHeard } = this.#options;
    const { token } = registration;
    const maxMessage = BUDGETS.supervisedMessage.value;
    return new StreamableHttp({ endpoint, token, request, maxMessage, onHeard });
  }

  /** Ends the session at the instance, and its sockets. Resolves when the instance has answered, a second at most. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#dialling.abort();
    this.#endStream();
    this.#catalogue?.stop();
    this.#replies.close();
    // An instance that hangs doesn't answer the goodbye either.
    const deadline = setTimeout(() => this.#sockets?.destroy(), CLOSE_DEADLINE);
    // A session that is just being opened has an id only when the instance has answered: it is ended then.
    await this.#opening;
    this.#rpc?.close();
    this.#pings?.close();
    await this.#http?.end();
    clearTimeout(deadline);
    this.#sockets?.destroy();
  }

  async #openAt(endpoint: Endpoint): Promise<Opened> {
    const sockets = await this.#dial(endpoint);
    try {
      return await this.#openWith(sockets, endpoint);
    } catch (error) {
      const { failure } = asExchangeError(error);
      if (failure.code !== 'CONNECTION_REFUSED') throw error;
      // It listened, and went away: other than where nobody listens, that is a failed attempt.
      throw new ExchangeError({ code: 'CONNECTION_LOST', message: failure.message });
    }
  }

  async #dial(endpoint: Endpoint): Promise<Sockets> {
    const { guard } = this.#options;
    const refusal = guard();
    if (refusal !== null) throw new ExchangeError(refusal);
    this.#sockets ??= openSockets(guard);
    this.#sockets.adopt(await dial(endpoint, this.#dialling.signal));
    if (this.#closed) {
      this.#sockets.destroy();
      throw new ExchangeError(CLOSED);
    }
    return this.#sockets;
  }

  async #openWith({ request, requestPing }: Sockets, endpoint: Endpoint): Promise<Opened> {
    const { self, now, onCatalogue } = this.#options;
    const { nonce } = this.#options.registration;
    const http = this.#channel(endpoint, request);
    const rpc = new RpcClient(http, (text) => this.#onOther(text), BUDGETS.supervisedObjects.value);
    this.#http = http;
    this.#rpc = rpc;
    const opening = handshake(http, rpc, { endpoint, nonce }, self);
    this.#opening = opening.catch(() => {});
    const peer = await opening;
    if (this.#closed) throw new ExchangeError(CLOSED);
    this.#lifeCheck = new LifeCheck({
      target: { endpoint, nonce },
      self,
      channel: () => this.#channel(endpoint, requestPing),
      isBusy: this.#options.isBusy,
    });
    this.#pings = new RpcClient(http.by(requestPing), (text) => this.#onOther(text));
    this.#listen(null);
    this.#catalogue = new CatalogueUpkeep({
      read: () => readCatalogue(rpc, peer.capabilities),
      now,
      onChange: (found) => onCatalogue(found),
      onFailure: () => void this.ping(),
    });
    return { peer, ...(await this.#catalogue.start()) };
  }

  /** The standing stream: by it a dying process is noticed at once, and changes are heard of. */
  #listen(lastEventId: string | null): void {
    if (this.#closed || this.#http === null) return;
    const { streams, onStreaming } = this.#options;
    this.#gaveUpStream = !streams.mayOpen;
    if (this.#gaveUpStream) return;
    streams.add(this.#stream);
    const startedAt = this.#options.now();
    this.#stopListening = this.#http.listen(lastEventId, {
      onFrame: (text) => {
        this.#onOther(text);
        return undefined;
      },
      onOversize: () => {},
      onOpen: () => {
        this.#streaming = true;
        onStreaming(true);
      },
      onEnd: (end) => {
        this.#endStream();
        const ended = streamEndOf(end);
        if (this.#closed || ended === null) return;
        if (ended.kind === 'failed' && ended.failure.code === 'OUT_OF_DESCRIPTORS') {
          this.#gaveUpStream = true;
          streams.runShort();
          return;
        }
        // Either the process died or it only closed the stream: its answer to a ping tells.
        const rest = startedAt + 1_000 - this.#options.now();
        this.ping().then(() => {
          if (rest <= 0) this.#listen(ended.lastEventId);
          else setTimeout(() => this.#listen(ended.lastEventId), rest).unref();
        });
      },
    });
  }

  #endStream(): void {
    const { streams, onStreaming } = this.#options;
    streams.delete(this.#stream);
    this.#stopListening?.();
    this.#stopListening = null;
    this.#streaming = false;
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

  /** Nobody is behind this connection whom the instance could ask. */
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

function asExchangeError(error: unknown): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ExchangeError({ code: 'PROTOCOL_ERROR', message });
}
