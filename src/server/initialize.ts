import type { AgentInfo, JsonObject } from '../../machines/model.ts';
import { isObject, objectOf, stringOf } from '../wire/json.ts';
import { isSupportedVersion, LATEST_PROTOCOL_VERSION } from '../wire/protocol-versions.ts';

/**
 * More than the hub itself supports: the instance isn't known yet, and capabilities can't be added later.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle#capability-negotiation
 */
const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
  tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
};

const INSTRUCTIONS =
  'Signalbox connects you to the MCP servers that run on this machine. Call instances_list to see them, then instances_connect with the id of the one whose path is the project you work on: its tools, resources and prompts become available here. instances_tools and instances_call reach every instance without connecting. If a server was just started, instances_wait waits for it.';

/** What the agent stated in `initialize`, or null if its params are invalid. */
export function agentInfoOf(params: JsonObject): AgentInfo | null {
  const version = stringOf(params['protocolVersion']);
  if (version === null || !isObject(params['clientInfo'])) return null;
  return {
    protocolVersion: isSupportedVersion(version) ? version : LATEST_PROTOCOL_VERSION,
    capabilities: objectOf(params['capabilities']),
    clientInfo: params['clientInfo'],
  };
}

/** The hub's answer to `initialize`. */
export function initializeResult({ protocolVersion }: AgentInfo, version: string) {
  return {
    protocolVersion,
    capabilities: CAPABILITIES,
    serverInfo: { name: 'signalbox', title: 'Signalbox', version },
    instructions: INSTRUCTIONS,
  };
}
