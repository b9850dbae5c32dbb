import { resolveConfig } from '../../src/config/config.ts';
import { createHub } from '../../src/hub/create-hub.ts';
import type { Hub } from '../../src/hub/hub.ts';
import { createLogger } from '../../src/log.ts';
import type { AgentSession } from '../../src/server/agent-session.ts';
import { textOf } from '../../src/wire/frame.ts';
import { afterTest } from './cleanup.ts';
import { FrameAgent } from './frame-agent.ts';

/** A hub in this process. Each agent has its own session. */
export function startHubHere(
  directory: string,
  options: Readonly<Record<string, readonly string[]>> = {},
): Hub {
  const given = { 'instances-dir': [directory], ...options };
  const hub = createHub(resolveConfig(given, {}, directory), { log: createLogger('silent') });
  afterTest(() => hub.stop());
  return hub;
}

/** An agent with a session of a hub in this process, over memory. */
export class MemoryAgent extends FrameAgent {
  readonly session: AgentSession;
  /** Called for every received frame. */
  onFrame: () => void = () => {};

  constructor(hub: Hub) {
    super();
    this.session = hub.openSession((frame) => {
      this.onFrame();
      this.take([textOf(frame)]);
      return undefined;
    });
  }

  override write(line: string): void {
    void this.session.receive(line);
  }
}
