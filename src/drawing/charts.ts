import type { AnyStateMachine } from 'xstate';
import { bindingMachine } from '../../machines/binding.ts';
import { hubMachine } from '../../machines/hub.ts';
import { instanceMachine } from '../../machines/instance.ts';
import { sessionMachine } from '../../machines/session.ts';

/** The charts by name. */
export const charts: ReadonlyMap<string, AnyStateMachine> = new Map<string, AnyStateMachine>([
  ['hub', hubMachine],
  ['instance', instanceMachine],
  ['session', sessionMachine],
  ['binding', bindingMachine],
]);
