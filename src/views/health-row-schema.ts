import * as z from 'zod';
import { stateField, timeField } from './row-fields.ts';

/** The health of an instance. Durations in milliseconds. */
export const healthRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: stateField,
  healthy: z.boolean(),
  missed_pings: z.number().int(),
  last_ping: timeField,
  last_pong: timeField,
  response_time_ms: z.number().nullable(),
  calls_in_flight: z.number().int(),
  transitions: z
    .array(
      z.object({
        from: stateField.nullable(),
        to: stateField,
        at: timeField,
        reason: z.string(),
      }),
    )
    .describe('The last 20, oldest first'),
});

export type HealthRow = Readonly<z.infer<typeof healthRowSchema>>;
