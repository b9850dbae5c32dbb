import * as z from 'zod';
import type { Role } from '../../machines/binding-setup.ts';
import type { Origin, Refusal } from '../../machines/model.ts';
import { instanceRowSchema } from '../views/instance-row-schema.ts';

/** The messages between hubs and their viewers. Times are ISO strings, durations milliseconds. */

/** The facts that identify a hub. */
export const hubFactsSchema = z
  .object({
    /** Unique on this machine, even among hubs with the same pid at different times. */
    id: z.string(),
    pid: z.number(),
    version: z.string(),
    /** Its working directory. */
    directory: z.string(),
    /** The directories that it watches, absolute. Empty if its version doesn't report them. */
    watches: z.array(z.string()).readonly().default([]),
    started: z.string(),
  })
  .readonly();

export type HubFacts = z.infer<typeof hubFactsSchema>;

const stepSchema = z
  .object({
    actor: z.string(),
    at: z.string(),
    /** Null for the first. */
    from: z.string().nullable(),
    to: z.string(),
    /** A sentence if the chart has one, otherwise the event. */
    because: z.string(),
    /** The transitions taken, from state to state. A step may pass through transient states. */
    arrows: z.array(z.tuple([z.string(), z.string()]).readonly()).readonly(),
  })
  .readonly();

/** One change of an actor's state. */
export type Step = z.infer<typeof stepSchema>;

const actorFields = {
  /** `hub`, `instance:ID`, `session:ID` or `session:ID/binding:INSTANCE`. */
  actor: z.string(),
  /** The state value as its chart names it: `active.idle`. */
  value: z.string(),
  /** The step that led there. Null if it happened before the viewer connected. */
  last: stepSchema.nullable(),
};

const hubRowSchema = z.object({ ...actorFields, chart: z.literal('hub') }).readonly();

export type HubRow = z.infer<typeof hubRowSchema>;

const fileOriginSchema = z
  .object({ kind: z.literal('file'), file: z.string() })
  .readonly() satisfies z.ZodType<Origin>;

const instanceViewRowSchema = instanceRowSchema
  .extend({
    ...actorFields,
    chart: z.literal('instance'),
    /** Where its registration is. */
    origin: fileOriginSchema,
    missed_pings: z.number(),
    response_time_ms: z.number().nullable(),
    calls_in_flight: z.number(),
  })
  .readonly();

export type InstanceViewRow = z.infer<typeof instanceViewRowSchema>;

const sessionViewRowSchema = z
  .object({
    ...actorFields,
    chart: z.literal('session'),
    id: z.string(),
    /** Name and version of the agent's program, once known. */
    agent: z.string().nullable(),
    /** Id of its home, or null. */
    instance_id: z.string().nullable(),
  })
  .readonly();

export type SessionViewRow = z.infer<typeof sessionViewRowSchema>;

const bindingViewRowSchema = z
  .object({
    ...actorFields,
    chart: z.literal('binding'),
    session_id: z.string(),
    instance_id: z.string(),
    role: z.enum(['home', 'once']) satisfies z.ZodType<Role>,
  })
  .readonly();

/** A session's use of an instance. */
export type BindingViewRow = z.infer<typeof bindingViewRowSchema>;

const actorRowSchema = z.discriminatedUnion('chart', [
  hubRowSchema,
  instanceViewRowSchema,
  sessionViewRowSchema,
  bindingViewRowSchema,
]);

export type ActorRow = z.infer<typeof actorRowSchema>;

const REFUSAL_CODES = [
  'FOREIGN_OWNER',
  'HOST_NOT_ALLOWED',
  'ID_TAKEN',
  'INVALID_FIELD',
  'NOT_A_DIRECTORY',
  'NOT_A_FILE',
  'NOT_AN_OBJECT',
  'NOT_JSON',
  'SYMBOLIC_LINK',
  'TOO_LARGE',
  'TOO_MANY_LINKS',
  'UNREADABLE',
  'WRITABLE_BY_ALL',
  'WRITABLE_BY_OTHERS',
] as const;

const refusalSchema = z
  .object({
    origin: z.discriminatedUnion('kind', [
      fileOriginSchema,
      z.object({ kind: z.literal('directory'), directory: z.string() }).readonly(),
    ]),
    code: z.enum(REFUSAL_CODES),
    reason: z.string(),
  })
  .readonly() satisfies z.ZodType<Refusal>;

/** A hub's messages to a viewer: first `hub`, then everything, then the changes a few times a second. */
export const hubMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hub'), facts: hubFactsSchema }),
  /** Actors that are new or changed. */
  z.object({ type: z.literal('actors'), actors: z.array(actorRowSchema).readonly() }),
  z.object({ type: z.literal('ended'), actors: z.array(z.string()).readonly() }),
  /** All files that are refused now. */
  z.object({ type: z.literal('refusals'), refusals: z.array(refusalSchema).readonly() }),
  /** All actors and refusals have been sent. Later messages are history or changes. */
  z.object({ type: z.literal('complete') }),
  /** State changes, oldest first. Starts with those that the instances remember. */
  z.object({ type: z.literal('steps'), steps: z.array(stepSchema).readonly() }),
  /** Frames of the official inspection protocol, for viewers that requested them. */
  z.object({ type: z.literal('frames'), frames: z.array(z.looseObject({})).readonly() }),
]);

export type HubMessage = z.infer<typeof hubMessageSchema>;

/** A viewer's messages to a hub. Everything else is ignored. */
export const viewerMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('reconnect'), id: z.string() }),
  z.object({ type: z.literal('frames'), on: z.boolean() }),
]);

export type ViewerMessage = z.infer<typeof viewerMessageSchema>;

/** The messages to a page: those of all hubs, each with its hub's id, and `left` when a hub has ended. */
export type PageMessage = { readonly hub: string } & (HubMessage | { readonly type: 'left' });
