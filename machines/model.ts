/** Any JSON value. Contexts consist of these. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A JSON object as an instance gave it: carried, never reshaped. */
export type JsonObject = { readonly [key: string]: Json };

/** What an instance said of itself in its registration file, after validation. */
export interface Registration {
  readonly id: string;
  readonly name: string;
  /** Absolute path of the project. */
  readonly path: string;
  readonly port: number;
  /** The endpoint, when the file gave one; otherwise `/mcp` on loopback at `port`. */
  readonly url: string | null;
  readonly pid: number | null;
  /** What the system says of when that process began, as a text to compare; null when the file doesn't say. */
  readonly processStart: string | null;
  /** What the instance confirms in `initialize`, so that nobody else is taken for it; null when it confirms nothing. */
  readonly nonce: string | null;
  /** Bearer token that the instance asks for. A credential: shown to nobody. */
  readonly token: string | null;
  /** ISO time at which the instance says it started. */
  readonly startedAt: string | null;
  readonly hasPackageJson: boolean;
  readonly origin: Origin;
}

/** Where a registration comes from. It identifies the registration as long as that exists, whatever it says. */
export type Origin = { readonly kind: 'file'; readonly file: string };

/** What a refusal is about: one registration, or a directory with everything in it. */
export type RefusedOrigin = Origin | { readonly kind: 'directory'; readonly directory: string };

/** A registration, or a directory of registrations, that was not accepted, and why. */
export interface Refusal {
  readonly origin: RefusedOrigin;
  readonly code: RefusalCode;
  /** One sentence for people. Programs go by the code. */
  readonly reason: string;
}

/** Why a registration is refused. `docs/errors.md` explains each code. */
export type RefusalCode =
  | 'FOREIGN_OWNER'
  | 'HOST_NOT_ALLOWED'
  | 'ID_TAKEN'
  | 'INVALID_FIELD'
  | 'NOT_A_DIRECTORY'
  | 'NOT_A_FILE'
  | 'NOT_AN_OBJECT'
  | 'NOT_JSON'
  | 'SYMBOLIC_LINK'
  | 'TOO_LARGE'
  | 'TOO_MANY_LINKS'
  | 'UNREADABLE'
  | 'WRITABLE_BY_ALL'
  | 'WRITABLE_BY_OTHERS';

/** Why a connection failed or was lost. `code` is one of the failure codes in `docs/errors.md`. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
}

export type FailureCode =
  | 'ANSWER_TOO_LARGE'
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_LOST'
  | 'CONNECT_TIMEOUT'
  | 'HTTP_ERROR'
  | 'IDENTITY_MISMATCH'
  | 'OUT_OF_DESCRIPTORS'
  | 'PINGS_MISSED'
  | 'PROCESS_GONE'
  | 'PROTOCOL_ERROR'
  | 'SESSION_EXPIRED'
  | 'SUPERSEDED'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED_VERSION';

/** What an instance offers, as it gave it, over all pages. */
export interface Catalogue {
  readonly tools: readonly JsonObject[];
  readonly resources: readonly JsonObject[];
  readonly resourceTemplates: readonly JsonObject[];
  readonly prompts: readonly JsonObject[];
}

/** Where an instance answers: an address that needs no resolver, and the `Host` it expects. */
export interface Endpoint {
  /** Literal address or, for an allowed remote host, its name. IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** Path with query. */
  readonly path: string;
  /** Value of the `Host` header. */
  readonly host: string;
}

/** Where an instance is reached, with the credentials for it and the nonce that it must confirm. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly token: string | null;
  readonly nonce: string | null;
}

/** The instance as `initialize` described it, and the address at which it answered. */
export interface Peer {
  readonly endpoint: Endpoint;
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly serverInfo: JsonObject;
  readonly instructions: string | null;
}

export type InstanceState =
  | 'discovered'
  | 'connecting'
  | 'active'
  | 'retrying'
  | 'dead'
  | 'removed';

/** A change of an instance's state and the reason for it. `at` in milliseconds since the epoch. */
export interface Transition {
  readonly from: InstanceState | null;
  readonly to: InstanceState;
  readonly at: number;
  readonly reason: string;
}

/** What a machine knows of the world. `src/` reads it for the machines, which have no clock and no randomness. */
export interface World {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly random: number;
  /** Calls that were sent to the instance and have no answer yet. */
  readonly callsInFlight: number;
  /** When the instance last answered or said anything on any connection, or null. */
  readonly lastActivity: number | null;
  /** Calls and waits that wait for the instance to become active. */
  readonly waiting: number;
  /** Milliseconds between two tries of a port that refuses connections; null for a port of another machine. */
  readonly tryInterval: number | null;
}

/** Durations, in milliseconds, and budgets of an instance. */
export interface InstancePolicy {
  readonly connectTimeout: number;
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxMissedPings: number;
  readonly retryBase: number;
  readonly retryCap: number;
  /** Retries after the first attempt. */
  readonly maxRetries: number;
  /** 0 turns revival off. */
  readonly reviveInterval: number;
  readonly deadTtl: number;
  /** How long an instance whose process has ended stays `retrying`. */
  readonly goneGrace: number;
}

/** The agent behind a session as its `initialize` described it. */
export interface AgentInfo {
  readonly protocolVersion: string;
  readonly capabilities: JsonObject;
  readonly clientInfo: JsonObject;
}
