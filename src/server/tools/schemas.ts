import * as z from 'zod';

/** The shapes that the hub's tools take and give, described for a model. */

const STATES = ['discovered', 'connecting', 'active', 'retrying', 'dead'] as const;

export const state = z
  .enum(STATES)
  .describe(
    'discovered: its file was found; connecting: being connected to; active: connected, can be used; retrying: lost, tried again by itself; dead: given up for now',
  );

/** Input of a tool that means one instance. */
export const instanceRef = z
  .string()
  .min(1)
  .describe('Id of the instance, or its name or path if only one has it.');

const time = z.string().nullable().describe('ISO 8601 time');

const failure = z
  .object({ code: z.string(), message: z.string() })
  .nullable()
  .describe('Why it is not active, if it failed.');

const shownState = z.enum([...STATES, 'removed']);

/** One instance in an answer. */
export const instance = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string().describe('Directory of its project'),
  port: z.number().int(),
  pid: z.number().int().nullable(),
  state: shownState,
  connected_at: time,
  has_package_json: z.boolean(),
  discovered_at: time,
  state_changed_at: time,
  retry_count: z.number().int(),
  next_retry_at: time,
  last_activity: time,
  last_error: failure,
  sessions: z.number().int().describe('How many agent sessions are connected to it'),
  connected: z.boolean().describe('Whether this session is connected to it'),
});

export const health = z.object({
  id: z.string(),
  name: z.string(),
  state: shownState,
  healthy: z.boolean(),
  missed_pings: z.number().int(),
  last_ping: time,
  last_pong: time,
  response_time_ms: z.number().nullable(),
  calls_in_flight: z.number().int(),
  transitions: z
    .array(
      z.object({
        from: shownState.nullable(),
        to: shownState,
        at: time,
        reason: z.string(),
      }),
    )
    .describe('The last 20, oldest first'),
});

/** A tool as its instance describes it. */
export const tool = z.looseObject({ name: z.string() });
