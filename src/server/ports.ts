import type { HubActor } from '../../machines/hub.ts';
import type { AgentInfo } from '../../machines/model.ts';
import type { HubErrorCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ReadTraffic } from '../views/traffic.ts';

/** Carries a session's traffic to one instance. */
export interface LinkPort {
  readonly instanceId: string;
  /** Whether the instance sends its notifications on this link. */
  readonly hasStream: boolean;
  /**
   * Sends a request, which is answered exactly once. `transform` rewrites the instance's answer, which is null if the
   * instance is away. A call that `isSingle` goes on if the instance becomes the home and is left.
   */
  request(
    frame: string,
    rawId: string,
    method: string,
    transform?: ((frame: string | null) => string) | null,
    isSingle?: boolean,
  ): void;
  notify(frame: string): void;
}

/** The links of one session. */
export interface LinksPort {
  /** The link to the session's home, or null. */
  readonly home: LinkPort | null;
  readonly isIdle: boolean;
  /** The link for a call to any instance. Null if the session has ended. */
  use(instanceId: string): LinkPort | null;
  /** Sets the agent's new log level at every instance but the home, which gets the agent's own request. */
  setLevel(): void;
  cancel(rawId: string, frame: string): void;
  close(code: HubErrorCode, reason: string): Promise<void>;
}

/** A requester of the agent. Gets the answer with the id of its own request. */
export interface Asker {
  answered(frame: string): void;
}

/** The open requests to the agent. Ids are JSON texts. */
export interface AsksPort {
  add(asker: Asker, rawId: string): string;
  take(id: string): { readonly asker: Asker; readonly rawId: string } | undefined;
}

/** What the agent has stated and links repeat to instances. */
export interface AgentMemory {
  /** The params of `initialize`, or a default before that. */
  info: AgentInfo;
  /** `params` of the last `logging/setLevel` as JSON text, or null. */
  logLevel: string | null;
}

/** The load of a session's requests on instances. While there is a promise, no more are sent until it is fulfilled. */
export interface BacklogPort {
  /** Set while instances haven't read what was sent to them. */
  readonly hold: Promise<void> | undefined;
  /** Set while too many requests are unanswered. */
  readonly crowd: Promise<void> | undefined;
  /** Changes the number of unanswered requests by one. */
  count(change: 1 | -1): void;
}

export interface OutflowPort {
  /** Set while the agent has too much unread output. Nothing more is produced for it until this is fulfilled. */
  readonly behind: Promise<void> | undefined;
}

/** What an agent session needs from the rest of the hub. */
export interface SessionPorts {
  readonly id: string;
  readonly hub: HubActor;
  readonly links: LinksPort;
  readonly asks: AsksPort;
  readonly backlog: BacklogPort;
  /** Whether the agent reads its messages. */
  readonly outflow: OutflowPort;
  readonly memory: AgentMemory;
  /** Sends a frame to the agent. If it returns a promise, the caller must wait for that before sending more. */
  toAgent(frame: string): Promise<void> | undefined;
  /** Records that a call waits for the instance. Returns a function that undoes this. */
  awaitInstance(instanceId: string): () => void;
  readonly trafficOf: ReadTraffic;
  /** Resolves when start-up discovery has settled. */
  readonly discovered: Promise<void>;
  readonly settings: {
    readonly autoConnect: boolean;
    /** Milliseconds that a first answer may wait. */
    readonly settle: number;
    /** The project directory if the agent has no roots. */
    readonly workingDirectory: string;
    readonly version: string;
  };
  onClosed(): void;
  readonly log: Logger;
}
