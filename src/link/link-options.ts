import type { AgentInfo, Failure, Target } from '../../machines/model.ts';
import type { HubErrorFacts } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Frame } from '../wire/frame.ts';
import type { ConnectionGuard } from '../wire/guarded-agent.ts';
import type { Backlog } from './backlog.ts';
import type { ServerRequests } from './server-requests.ts';

/** Counters of one instance's traffic: written on every call, read on demand. */
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
  /** The agent's client info and capabilities, which are sent to the instance. */
  agent(): AgentInfo;
  /** `params` of the agent's last `logging/setLevel` as JSON text, or null. */
  logLevel(): string | null;
  /** Facts about the instance, for the errors of calls. */
  describe(): { readonly name: string; readonly facts: HubErrorFacts };
  readonly asks: ServerRequests;
  readonly backlog: Backlog;
  /**
   * Sends a frame to the agent. `about` is the JSON text of the id of the agent's request that a notification or request
   * belongs to, or null; answers name their request themselves. A returned promise asks for a pause until it is fulfilled.
   */
  toAgent(frame: Frame, about: string | null): Promise<void> | undefined;
  readonly traffic: Traffic;
  /** Counts one more call that waits for the instance; returns the function that undoes this, once. */
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
  /** A connection broke: asks the supervision to check the instance. */
  onSuspected(): void;
  /** No file descriptor was left for a connection. */
  onShort(): void;
  /** The link broke and must be opened again. */
  onLost(failure: Failure): void;
  /** The first call is under way. */
  onBusy(): void;
  /** No call is under way any more. */
  onIdle(): void;
}
