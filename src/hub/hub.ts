import type { ActorOptions } from 'xstate';
import type { HubActor, hubMachine } from '../../machines/hub.ts';
import type { AgentInfo, Refusal } from '../../machines/model.ts';
import type { Logger } from '../log.ts';
import type { AgentSession } from '../server/agent-session.ts';
import type { InstanceRow } from '../views/instance-row-schema.ts';
import type { ReadTraffic } from '../views/traffic.ts';
import type { HubObserver } from './observer.ts';
import type { ToAgent } from './sessions.ts';

/** A running hub. */
export interface Hub {
  readonly actor: HubActor;
  /**
   * Resolves when every registration of the first scan has been connected to or has failed, after `limit` milliseconds at
   * most, with the number of those that are left.
   */
  settled(limit: number): Promise<number>;
  instances(): InstanceRow[];
  refusals(): readonly Refusal[];
  readonly trafficOf: ReadTraffic;
  /** Who the agent of a session says it is; null before it has said so. */
  agentOf(sessionId: string): AgentInfo | null;
  /** Opens a session for an agent whose frames go to `toAgent`. */
  openSession(toAgent: ToAgent): AgentSession;
  /** Closes sessions and connections within a second. Afterwards nothing runs. */
  stop(): Promise<void>;
}

/** The hub's time: `now` in milliseconds since the epoch, and the timers of the charts. */
export type HubClock = NonNullable<ActorOptions<typeof hubMachine>['clock']> & {
  readonly now: number;
};

/** What a hub gets beside its settings. Without `clock` it uses the machine's time. */
export interface HubSurroundings {
  readonly log: Logger;
  readonly clock?: HubClock;
  /** Calls back when the machine was asleep; returns the stop. */
  readonly watchForWake?: (onWake: () => void) => () => void;
  readonly observers?: readonly HubObserver[];
  /**
   * Called once, before the first MCP session, which waits for it: loads what is needed later, while there are file
   * descriptors for it.
   */
  readonly preload?: () => Promise<unknown>;
}
