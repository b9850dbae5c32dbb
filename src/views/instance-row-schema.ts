import * as z from 'zod';
import { failureField, stateField, timeField } from './row-fields.ts';

/** An instance as tools, resources, the command line and pages show it. */
export const instanceRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string().describe('Directory of its project'),
  port: z.number().int(),
  pid: z.number().int().nullable(),
  state: stateField,
  connected_at: timeField,
  has_package_json: z.boolean(),
  discovered_at: timeField,
  state_changed_at: timeField,
  retry_count: z.number().int(),
  next_retry_at: timeField,
  last_activity: timeField,
  last_error: failureField,
  sessions: z.number().int().describe('How many agent sessions are connected to it'),
  connected: z.boolean().describe('Whether this session is connected to it'),
});

export type InstanceRow = Readonly<z.infer<typeof instanceRowSchema>>;
