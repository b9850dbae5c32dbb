import type { AgentInfo, Endpoint, Peer } from '../../machines/model.ts';
import { objectOf, stringOf } from './json.ts';
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
 * Rejects as {@link RpcClient.request} does, and with `UNSUPPORTED_VERSION` when the answer names an unknown version.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
 */
export async function handshake(
  http: StreamableHttp,
  rpc: RpcClient,
  endpoint: Endpoint,
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
