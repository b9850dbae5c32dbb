import type { AgentInfo, Failure, Target } from '../../machines/model.ts';
import type { HubErrorFacts } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Frame } from '../wire/frame.ts';
import type { ConnectionGuard } from '../wire/guarded-agent.ts';
import type { Backlog } from './backlog.ts';
import type { ServerRequests } from './server-requests.ts';

/** Counters of one instance's traffic, written on every call and read when somebody asks. */
export interface Traffic {
  callsInFlight: number;
  /** Milliseconds since the epoch. */
  lastActivity: number | null;
  /** Calls and waits that wait for the instance to become active. */
  waiting: number;
  /** Whether the instance has a standing stream open to the hub's own connection. */
  isStreaming: boolean;
}

export interface LinkOptions {
  readonly instanceId: string;
  /** Where the supervising connection reached the instance; null while it isn't active. */
  target(): Target | null;
  /** What the agent offered, which is what the instance is offered. */
  agent(): AgentInfo;
  /** `params` of the agent's last `logging/setLevel` as JSON text, or null. */
  logLevel(): string | null;
  /** What is known of the instance, for the errors of calls. */
  describe(): { readonly name: string; readonly facts: HubErrorFacts };
  readonly asks: ServerRequests;
  readonly backlog: Backlog;
  /**
   * Sends a frame to the agent. `about` is the JSON text of the id of the agent's request that a notification or a question
   * belongs to, or null; answers name their request themselves. A promise says: no more until it is fulfilled.
   */
  toAgent(frame: Frame, about: string | null): Promise<void> | undefined;
  readonly traffic: Traffic;
  /** Notes that somebody waits for the instance; returns the function that takes this back, once. */
  await(): () => void;
  readonly guard: ConnectionGuard;
  readonly now: () => number;
  /** Milliseconds that a call waits for an instance that is away. */
  readonly callWait: number;
  /** Milliseconds that opening an MCP session may take. */
  readonly openTimeout: number;
  /** Largest message to the agent, in bytes. */
  readonly maxMessage: number;
  readonly log: Logger;
  /** Traffic met a broken connection: is the instance still there? */
  onSuspected(): void;
  /** There was no file descriptor for a connection. */
  onShort(): void;
  /** The link stands no more and needs to be opened again. */
  onLost(failure: Failure): void;
  /** The first call is under way. */
  onBusy(): void;
  /** No call is under way any more. */
  onIdle(): void;
}
