import type { HubActor } from '../../machines/hub.ts';
import type { AgentInfo } from '../../machines/model.ts';
import type { HubErrorCode } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ReadTraffic } from '../views/traffic.ts';

/** Carries a session's traffic to one instance. */
export interface LinkPort {
  readonly instanceId: string;
  /** Whether the instance tells of its changes on this link. */
  readonly hasStream: boolean;
  /** Sends a request; it is answered exactly once. `transform` rewrites the instance's answer; null: it is away. */
  request(
    frame: string,
    rawId: string,
    method: string,
    transform?: ((frame: string | null) => string) | null,
  ): void;
  notify(frame: string): void;
}

/** The links of one session. */
export interface LinksPort {
  /** The link to the session's home, or null. */
  readonly home: LinkPort | null;
  readonly isIdle: boolean;
  /** The link for a call to an instance, whatever that is to the session; null when the session has ended. */
  use(instanceId: string): LinkPort | null;
  cancel(rawId: string, frame: string): void;
  close(code: HubErrorCode, reason: string): Promise<void>;
}

/** Somebody who asked the agent something; gets the answer under the id under which it asked. */
export interface Asker {
  answered(frame: string): void;
}

/** The questions that are open at the agent. Ids are JSON texts. */
export interface AsksPort {
  add(asker: Asker, rawId: string): string;
  take(id: string): { readonly asker: Asker; readonly rawId: string } | undefined;
}

/** What the agent said that the links have to repeat to instances. */
export interface AgentMemory {
  /** As of `initialize`, or what stands for it before. */
  info: AgentInfo;
  /** `params` of the last `logging/setLevel` as JSON text, or null. */
  logLevel: string | null;
}

/** What a session has asked of instances. A promise says: no more until it is fulfilled. */
export interface BacklogPort {
  /** Instances haven't taken what was sent to them. */
  readonly hold: Promise<void> | undefined;
  /** Too many requests are not answered yet. */
  readonly crowd: Promise<void> | undefined;
  /** One request more, or one less, is not answered yet. */
  count(change: 1 | -1): void;
}

export interface OutflowPort {
  /** The agent has so much to read that nothing more is made for it until this is fulfilled. */
  readonly behind: Promise<void> | undefined;
}

/** What a session needs of the rest of the house. */
export interface SessionPorts {
  readonly id: string;
  readonly hub: HubActor;
  readonly links: LinksPort;
  readonly asks: AsksPort;
  readonly backlog: BacklogPort;
  /** Whether the agent reads what it is told. */
  readonly outflow: OutflowPort;
  readonly memory: AgentMemory;
  /** Sends a frame to the agent; a promise says: not more until it is fulfilled. */
  toAgent(frame: string): Promise<void> | undefined;
  /** Notes that somebody waits for the instance; returns the function that takes this back. */
  awaitInstance(instanceId: string): () => void;
  readonly trafficOf: ReadTraffic;
  /** Resolves when start-up discovery has settled. */
  readonly discovered: Promise<void>;
  readonly settings: {
    readonly autoConnect: boolean;
    /** Milliseconds that a first answer may wait. */
    readonly settle: number;
    /** The project that counts when the agent names no roots. */
    readonly workingDirectory: string;
    readonly version: string;
  };
  onClosed(): void;
  readonly log: Logger;
}
