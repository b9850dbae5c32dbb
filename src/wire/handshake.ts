import type { AgentInfo, JsonObject, Peer, Target } from '../../machines/model.ts';
import { objectOf, stringOf } from './json.ts';
import { NONCE_KEY } from './nonce.ts';
import { ExchangeError, type RpcClient } from './rpc-client.ts';
import type { StreamableHttp } from './streamable-http.ts';

/** Protocol versions that are understood, the newest first. */
export const PROTOCOL_VERSIONS = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07',
] as const;

export const LATEST_PROTOCOL_VERSION = PROTOCOL_VERSIONS[0];

export function isSupportedVersion(version: string): boolean {
  return PROTOCOL_VERSIONS.some((known) => known === version);
}

/**
 * Opens an MCP session: `initialize` as `agent`, then `notifications/initialized`.
 * Rejects as {@link RpcClient.request} does, with `UNSUPPORTED_VERSION` when the answer names an unknown version, and with
 * `IDENTITY_MISMATCH` when it doesn't confirm `nonce`.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
 */
export async function handshake(
  http: StreamableHttp,
  rpc: RpcClient,
  { endpoint, nonce }: Pick<Target, 'endpoint' | 'nonce'>,
  agent: AgentInfo,
): Promise<Peer> {
  const result = await rpc.request('initialize', {
    protocolVersion: agent.protocolVersion,
    capabilities: agent.capabilities,
    clientInfo: agent.clientInfo,
  });
  const protocolVersion = stringOf(result['protocolVersion']);
  if (protocolVersion === null || !isSupportedVersion(protocolVersion)) {
    const message = `answered initialize with protocol version ${protocolVersion ?? 'none'}`;
    throw new ExchangeError({ code: 'UNSUPPORTED_VERSION', message });
  }
  if (nonce !== null && nonce !== (http.nonce ?? nonceIn(result))) {
    const message = `somebody else answers at ${endpoint.host}: the nonce of the registration is not confirmed`;
    throw new ExchangeError({ code: 'IDENTITY_MISMATCH', message });
  }
  http.protocolVersion = protocolVersion;
  // Awaited: requests on other sockets must not overtake it.
  await rpc.notify('notifications/initialized');
  return {
    endpoint,
    protocolVersion,
    capabilities: objectOf(result['capabilities']),
    serverInfo: objectOf(result['serverInfo']),
    instructions: stringOf(result['instructions']),
  };
}

function nonceIn(result: JsonObject): string | null {
  return stringOf(objectOf(result['_meta'])[NONCE_KEY]);
}
