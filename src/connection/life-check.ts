import type { AgentInfo, Failure, Target } from '../../machines/model.ts';
import { handshake } from '../wire/handshake.ts';
import { ExchangeError, RpcClient } from '../wire/rpc-client.ts';
import type { StreamableHttp } from '../wire/streamable-http.ts';

export interface LifeCheckOptions {
  readonly target: Pick<Target, 'endpoint' | 'nonce'>;
  /** Who the hub says it is. */
  readonly self: AgentInfo;
  /** A way to the instance without a session. */
  channel(): StreamableHttp;
  /** Whether calls that the instance has taken wait for their answers. */
  isBusy(): boolean;
}

/**
 * Says of a `ping` that didn't succeed whether the instance lives. Any answer of an MCP server is life. Where the answer
 * isn't MCP, `initialize` tells an odd server from somebody else who has taken its port.
 */
export class LifeCheck {
  readonly #options: LifeCheckOptions;
  /** An answer that isn't MCP, and is this instance's way all the same. */
  #oddity: string | null = null;
  #asking: Promise<Failure | null> | null = null;

  constructor(options: LifeCheckOptions) {
    this.#options = options;
  }

  /** Why the connection is of no use any more, or null: the instance lives. */
  async failureBehind(error: unknown): Promise<Failure | null> {
    if (!(error instanceof ExchangeError)) return null;
    switch (verdictOn(error)) {
      case 'life':
        return null;
      case 'end':
        return error.failure;
      case 'expired':
        // Calls go over sessions of their own, which stand: when they are answered is soon enough.
        return this.#options.isBusy() ? null : error.failure;
      case 'odd':
        return this.#strangerBehind(error);
    }
  }

  async #strangerBehind({ failure, status }: ExchangeError): Promise<Failure | null> {
    const oddity = `${status ?? failure.message}`;
    if (oddity === this.#oddity || this.#options.isBusy()) return null;
    this.#asking ??= this.#initialize().finally(() => {
      this.#asking = null;
    });
    const refused = await this.#asking;
    if (refused === null) this.#oddity = oddity;
    return this.#options.isBusy() ? null : refused;
  }

  /** Why there is no MCP server, or null. */
  async #initialize(): Promise<Failure | null> {
    const { target, self, channel } = this.#options;
    const http = channel();
    try {
      await handshake(http, new RpcClient(http, () => {}), target, self);
      return null;
    } catch (error) {
      return error instanceof ExchangeError && verdictOn(error) !== 'life' ? error.failure : null;
    } finally {
      void http.end();
    }
  }
}

function verdictOn({ failure, status }: ExchangeError): 'life' | 'odd' | 'expired' | 'end' {
  switch (failure.code) {
    case 'CONNECTION_REFUSED':
    case 'CONNECTION_LOST':
    case 'PROCESS_GONE':
    case 'SUPERSEDED':
      return 'end';
    case 'SESSION_EXPIRED':
      return 'expired';
    // It could not be asked: nothing speaks against it.
    case 'OUT_OF_DESCRIPTORS':
    case 'UNAUTHORIZED':
      return 'life';
    default:
      // A server in trouble, or one that stumbles over what it doesn't know.
      return status !== null && status >= 500 ? 'life' : 'odd';
  }
}
