import type { AgentInfo } from '../machines/model.ts';
import { VERSION } from './version.ts';
import { LATEST_PROTOCOL_VERSION } from './wire/protocol-versions.ts';

/** How the hub identifies itself to instances: on supervising connections, and for agents that never sent `initialize`. */
export const SELF: AgentInfo = {
  protocolVersion: LATEST_PROTOCOL_VERSION,
  capabilities: {},
  clientInfo: { name: 'signalbox', title: 'Signalbox', version: VERSION },
};
