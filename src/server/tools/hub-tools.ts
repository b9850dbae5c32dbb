import { instancesCall } from './call.ts';
import { instancesConnect } from './connect.ts';
import { instancesDisconnect } from './disconnect.ts';
import { instancesHealth } from './health.ts';
import type { HubTool } from './hub-tool.ts';
import { instancesList } from './list.ts';
import { instancesReconnect } from './reconnect.ts';
import { instancesTools } from './tools.ts';
import { instancesWait } from './wait.ts';

const TOOLS: readonly HubTool[] = [
  instancesList,
  instancesConnect,
  instancesDisconnect,
  instancesHealth,
  instancesWait,
  instancesReconnect,
  instancesTools,
  instancesCall,
];

/** Tools that don't wait for start-up discovery, because they wait themselves or needn't. */
const IMPATIENT = new Set([instancesWait.name, instancesDisconnect.name]);

// Both spellings: `instances_list`, and `instances/list` as in Brummer's hub.
const BY_NAME = new Map(
  TOOLS.flatMap((tool) => [
    [tool.name, tool],
    [tool.name.replace('_', '/'), tool],
  ]),
);

/** The hub's tool of this name, in either spelling. */
export function hubToolNamed(name: string): HubTool | undefined {
  return BY_NAME.get(name);
}

/** Whether a tool should answer only after start-up discovery. */
export function waitsForDiscovery(tool: HubTool): boolean {
  return !IMPATIENT.has(tool.name);
}

let described: readonly object[] | undefined;

/** The hub's tools as `tools/list` shows them. */
export function describeHubTools(): readonly object[] {
  described ??= TOOLS.map((tool) => tool.describe());
  return described;
}
