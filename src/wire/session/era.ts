import type { AgentInfo, JsonObject, Peer, Target } from '../../../machines/model.ts';
import type { Channel, ExchangeSink } from '../channel.ts';
import type { RpcClient } from './rpc-client.ts';

/** Versions of the protocol that open a session in the same way. Each era has a file of its own, named after it. */
export type EraName = 'legacy';

/** The parts of a session that an era works with. */
export interface SessionParts {
  readonly channel: Channel;
  readonly rpc: RpcClient;
  readonly target: Pick<Target, 'endpoint' | 'nonce'>;
}

/** The first reply of an instance that a session can be opened with. */
export interface Agreement {
  readonly protocolVersion: string;
  readonly result: JsonObject;
}

/** What differs between eras. `classify-era.ts` finds out which one an instance belongs to. */
export interface Era {
  /** The first request of a session. */
  readonly firstRequest: string;
  firstParams(agent: AgentInfo): JsonObject;
  /** Completes the opening. Rejects with an `ExchangeError`. */
  open(parts: SessionParts, agreement: Agreement): Promise<Peer>;
  /** Receives what the instance sends on its own. Returns the abort. */
  listen(channel: Channel, lastEventId: string | null, sink: ExchangeSink): () => void;
}
