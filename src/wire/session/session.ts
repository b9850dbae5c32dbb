import { CLOSE_DEADLINE } from '../../../machines/backoff.ts';
import type { AgentInfo, JsonObject, Peer } from '../../../machines/model.ts';
import { BUDGETS } from '../../budgets.ts';
import type { ExchangeSink, PostOptions } from '../channel.ts';
import { CLOSED, ExchangeError } from '../exchange-error.ts';
import { classifyEra } from './classify-era.ts';
import type { Era, EraName, SessionParts } from './era.ts';
import { legacy } from './legacy.ts';
import { RpcClient, type RpcOptions } from './rpc-client.ts';
import { StandingStream, type StreamOwner } from './standing-stream.ts';

const ERAS: Readonly<Record<EraName, Era>> = { legacy };

export interface SessionOptions extends Omit<SessionParts, 'rpc'> {
  /** Receives messages that come along with answers to the hub's own requests. */
  onOther(text: string): void;
  /** An answer to the hub's own requests with more objects and arrays is refused. */
  readonly mostObjects?: number;
}

/**
 * One MCP session with an instance, over any {@link SessionParts.channel | channel}, of any era: `open` once, then any
 * traffic, then `close`. A closed session can't be opened again.
 */
export class Session {
  readonly #parts: SessionParts;
  #era: Era = legacy;
  #stream: StandingStream | null = null;
  #opening: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor({ channel, target, onOther, mostObjects }: SessionOptions) {
    const rpc = new RpcClient(channel, onOther, mostObjects ?? BUDGETS.parsedObjects.value);
    this.#parts = { channel, target, rpc };
  }

  /** Whether the instance gave the session an id, so that it can forget the session. */
  get hasId(): boolean {
    return this.#parts.channel.sessionId !== null;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether the instance has a standing stream open. */
  get isStreaming(): boolean {
    return this.#stream?.isOpen ?? false;
  }

  /** Whether an answer that doesn't come with its request can still arrive. */
  get canDeliver(): boolean {
    return this.#stream?.canDeliver ?? false;
  }

  /**
   * Opens the session as `agent`. Rejects with `ExchangeError` or `RpcError`: `UNSUPPORTED_VERSION` when there is no common
   * protocol version, `IDENTITY_MISMATCH` when the instance doesn't confirm the nonce of `target`. There is no timeout.
   */
  async open(agent: AgentInfo): Promise<Peer> {
    const opening = this.#open(agent);
    this.#opening = opening.catch(() => {});
    const peer = await opening;
    if (this.#closed) throw new ExchangeError(CLOSED);
    return peer;
  }

  async #open(agent: AgentInfo): Promise<Peer> {
    const { firstRequest, firstParams } = this.#era;
    const reply = await this.#parts.rpc.ask(firstRequest, firstParams(agent));
    const verdict = classifyEra(reply, this.hasId);
    if (verdict.era === null) throw verdict.error;
    this.#era = ERAS[verdict.era];
    return this.#era.open(this.#parts, verdict);
  }

  /** A request of the hub's own. Rejects with `RpcError` or `ExchangeError`. There is no timeout. */
  request(method: string, params?: JsonObject, options?: RpcOptions): Promise<JsonObject> {
    return this.#parts.rpc.request(method, params, options);
  }

  /** Sends a message that needs no answer. Resolves when the instance has taken it, or can't. */
  send(frame: string, options?: Pick<PostOptions, 'aside'>): Promise<void> {
    return this.#closed ? Promise.resolve() : this.#parts.rpc.send(frame, options);
  }

  /** Sends a request of an agent as it is. Returns the abort. */
  post(frame: string, sink: ExchangeSink, options?: PostOptions): () => void {
    return this.#parts.channel.post(frame, sink, options);
  }

  /** Continues a response that broke off after `lastEventId`. Returns the abort. */
  resume(lastEventId: string, sink: ExchangeSink): () => void {
    return this.#parts.channel.listen(lastEventId, sink);
  }

  /** Keeps the standing stream open, if the instance offers one. */
  listen(owner: StreamOwner): void {
    if (this.#closed) return;
    this.#stream?.stop();
    const { channel } = this.#parts;
    this.#stream = new StandingStream(
      (lastEventId, sink) => this.#era.listen(channel, lastEventId, sink),
      owner,
    );
    this.#stream.start();
  }

  stopListening(): void {
    this.#stream?.stop();
    this.#stream = null;
  }

  /** The instance has forgotten the session: nothing new goes out, and agents' requests under way may still be answered. */
  retire(): void {
    this.#closed = true;
    this.stopListening();
    this.#parts.rpc.close();
  }

  /**
   * Sends `farewells`, ends the session at the instance, and releases the transport. Resolves when the instance has
   * answered, after a second at most.
   */
  async close(farewells: readonly string[] = []): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.stopListening();
    const { channel, rpc } = this.#parts;
    // An instance that hangs doesn't answer the goodbye either.
    const deadline = setTimeout(() => channel.destroy(), CLOSE_DEADLINE);
    // A session that is still being opened gets its id with the answer, and is ended then.
    await this.#opening;
    await Promise.all(farewells.map((frame) => rpc.send(frame, { aside: true })));
    rpc.close();
    await channel.end();
    clearTimeout(deadline);
    channel.destroy();
  }
}
