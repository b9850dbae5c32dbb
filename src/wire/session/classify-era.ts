import { ExchangeError } from '../exchange-error.ts';
import { stringOf } from '../json.ts';
import { isSupportedVersion } from '../protocol-versions.ts';
import type { Agreement, EraName } from './era.ts';
import { errorOf, type Reply, type RpcError } from './reply.ts';

/** What the first reply of an instance says about it. */
export type EraVerdict =
  | ({ readonly era: EraName } & Agreement)
  /** No session can be opened. */
  | { readonly era: null; readonly error: ExchangeError | RpcError };

/**
 * Which era an instance belongs to, according to its reply to the first request of a session. `hadSession`: the reply
 * came with a session id.
 */
export function classifyEra(reply: Reply, hadSession: boolean): EraVerdict {
  if (reply.kind !== 'result') return { era: null, error: errorOf(reply, hadSession) };
  const { result } = reply;
  const protocolVersion = stringOf(result['protocolVersion']);
  if (protocolVersion !== null && isSupportedVersion(protocolVersion)) {
    return { era: 'legacy', protocolVersion, result };
  }
  const message = `answered initialize with protocol version ${protocolVersion ?? 'none'}`;
  return { era: null, error: new ExchangeError({ code: 'UNSUPPORTED_VERSION', message }) };
}
