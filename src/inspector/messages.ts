import type { Role } from '../../machines/binding-setup.ts';
import type { Failure, InstanceState, Refusal } from '../../machines/model.ts';
import type { StateChange } from '../views/step.ts';

/** A hub as people tell it from others. */
export interface HubFacts {
  /** Unlike that of any other hub on this machine, also of one that had its pid before. */
  readonly id: string;
  readonly pid: number;
  readonly version: string;
  /** Its working directory. */
  readonly directory: string;
  /** The directories that it watches, absolute; none when it is of a version that doesn't tell. */
  readonly watches: readonly string[];
  /** ISO time. */
  readonly started: string;
}

/** One change of an actor's state. */
export interface Step extends StateChange {
  readonly actor: string;
  /** ISO time. */
  readonly at: string;
  /** The arrows that were taken, from state to state: a step may pass through states in which nobody stays. */
  readonly arrows: readonly (readonly [from: string, to: string])[];
}

interface Row {
  /** `hub`, `instance:ID`, `session:ID` or `session:ID/binding:INSTANCE`. */
  readonly actor: string;
  /** Its state as its chart has it, and the step that led there; null before the viewer came. */
  readonly state: string;
  readonly last: Step | null;
}

export interface HubRow extends Row {
  readonly chart: 'hub';
}

/** Times are ISO strings or null, durations milliseconds. */
export interface InstanceViewRow extends Row {
  readonly chart: 'instance';
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly port: number;
  readonly pid: number | null;
  /** What is shown: the outermost of `state`. */
  readonly shown: InstanceState;
  readonly since: string | null;
  readonly connected_at: string | null;
  readonly last_activity: string | null;
  readonly retry_count: number;
  readonly next_retry_at: string | null;
  readonly last_error: Failure | null;
  readonly missed_pings: number;
  readonly response_time_ms: number | null;
  readonly calls_in_flight: number;
  readonly sessions: number;
}

export interface SessionViewRow extends Row {
  readonly chart: 'session';
  readonly id: string;
  /** Name and version of the agent's program, once it has said so. */
  readonly agent: string | null;
  /** Id of its home, or null. */
  readonly instance_id: string | null;
}

/** A session's use of an instance. */
export interface BindingViewRow extends Row {
  readonly chart: 'binding';
  readonly session_id: string;
  readonly instance_id: string;
  readonly role: Role;
}

export type ActorRow = HubRow | InstanceViewRow | SessionViewRow | BindingViewRow;

/** What a hub tells a viewer. First `hub`, then everything there is, then what changes, a few times a second. */
export type HubMessage =
  | { readonly type: 'hub'; readonly facts: HubFacts }
  /** Actors that are new or changed. */
  | { readonly type: 'actors'; readonly actors: readonly ActorRow[] }
  | { readonly type: 'ended'; readonly actors: readonly string[] }
  /** Changes of what is shown, oldest first. At first those that the instances remember. */
  | { readonly type: 'steps'; readonly steps: readonly Step[] }
  /** All files that are refused now. */
  | { readonly type: 'refusals'; readonly refusals: readonly Refusal[] }
  /** Frames of the official inspection protocol, for those who asked for them. */
  | { readonly type: 'frames'; readonly frames: readonly object[] };

/** What a viewer may tell a hub. Everything else is ignored. */
export type ViewerMessage =
  | { readonly type: 'reconnect'; readonly id: string }
  | { readonly type: 'frames'; readonly on: boolean };

/** What the page gets: the messages of all hubs, each with its hub's id; `left` when a hub has ended. */
export type PageMessage = { readonly hub: string } & (HubMessage | { readonly type: 'left' });
