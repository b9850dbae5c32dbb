import type { AgentInfo, Failure, Target } from '../../machines/model.ts';
import type { Channel } from '../wire/channel.ts';
import { ExchangeError } from '../wire/exchange-error.ts';
import { Session } from '../wire/session/session.ts';

export interface LifeCheckOptions {
  readonly target: Pick<Target, 'endpoint' | 'nonce'>;
  /** What the hub says about itself. */
  readonly self: AgentInfo;
  /** A channel to the instance that has no session yet, on sockets that it doesn't own. */
  channel(): Channel;
  /** Whether calls that the instance has taken wait for their answers. */
  isBusy(): boolean;
}

/**
 * Decides whether an instance is alive after a `ping` failed. Any answer of an MCP server is a sign of life. Where the
 * answer isn't MCP, `initialize` tells an unusual server from a stranger that has taken its port.
 */
export class LifeCheck {
  readonly #options: LifeCheckOptions;
  /** An answer that isn't MCP, which this instance is known to give. */
  #oddity: string | null = null;
  #asking: Promise<Failure | null> | null = null;

  constructor(options: LifeCheckOptions) {
    this.#options = options;
  }

  /** Why the connection is of no use any more, or null if the instance is alive. */
  async failureBehind(error: unknown): Promise<Failure | null> {
    if (!(error instanceof ExchangeError)) return null;
    switch (verdictOn(error)) {
      case 'life':
        return null;
      case 'end':
        return error.failure;
      case 'expired':
        // Calls have sessions of their own, which are intact. It can wait until they are answered.
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

  /** Why this is no MCP server, or null. */
  async #initialize(): Promise<Failure | null> {
    const { target, self, channel } = this.#options;
    const session = new Session({ channel: channel(), target, onOther: () => {} });
    try {
      await session.open(self);
      return null;
    } catch (error) {
      return error instanceof ExchangeError && verdictOn(error) !== 'life' ? error.failure : null;
    } finally {
      void session.close();
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
    // The hub could not ask, so nothing speaks against the instance.
    case 'OUT_OF_DESCRIPTORS':
    case 'UNAUTHORIZED':
      return 'life';
    default:
      // 5xx: a server in trouble, or one that fails on what it doesn't know.
      return status !== null && status >= 500 ? 'life' : 'odd';
  }
}
