import * as z from 'zod';
import { stateField } from '../../views/row-fields.ts';

/** Inputs that several tools take, described for a model. */

export const state = stateField
  .exclude(['removed'])
  .describe(
    'discovered: its file was found; connecting: being connected to; active: connected, can be used; retrying: lost, tried again by itself; dead: given up for now',
  );

/** Input of a tool that means one instance. */
export const instanceRef = z
  .string()
  .min(1)
  .describe('Id of the instance, or its name or path if only one has it.');
