import * as z from 'zod';
import type { InstanceState } from '../../machines/model.ts';

/** Fields that several rows share, described for a model. */

export const stateField = z.enum([
  'discovered',
  'connecting',
  'active',
  'retrying',
  'dead',
  'removed',
]) satisfies z.ZodType<InstanceState>;

export const timeField = z.string().nullable().describe('ISO 8601 time');

export const failureField = z
  .object({ code: z.string(), message: z.string() })
  .nullable()
  .describe('Why it is not active, if it failed.');
