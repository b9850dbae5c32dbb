import type { AnyStateMachine } from 'xstate';
import { hubMachine } from './hub.ts';
import { instanceMachine } from './instance.ts';
import { sessionMachine } from './session.ts';

/** The three charts by name. */
export const charts: ReadonlyMap<string, AnyStateMachine> = new Map<string, AnyStateMachine>([
  ['hub', hubMachine],
  ['instance', instanceMachine],
  ['session', sessionMachine],
]);
