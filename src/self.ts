import type { AgentInfo } from '../machines/model.ts';
import { VERSION } from './version.ts';
import { LATEST_PROTOCOL_VERSION } from './wire/protocol-versions.ts';

/** Who Signalbox says it is: on supervising connections, and for an agent that never said who it is. */
export const SELF: AgentInfo = {
  protocolVersion: LATEST_PROTOCOL_VERSION,
  capabilities: {},
  clientInfo: { name: 'signalbox', title: 'Signalbox', version: VERSION },
};
