import * as z from 'zod';
import { stateField } from '../../views/row-fields.ts';

/** Inputs that several tools take, described for a model. */

export const state = stateField
  .exclude(['removed'])
  .describe(
    'discovered: its file was found; connecting: first attempt; active: connected, can be used; retrying: lost, retried automatically; dead: given up for now',
  );

/** Input of a tool for one instance. */
export const instanceRef = z
  .string()
  .min(1)
  .describe('Id of the instance, or its name or path if only one has it.');
