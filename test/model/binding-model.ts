import { type AnyEventObject, fromCallback } from 'xstate';
import { bindingMachine } from '../../machines/binding.ts';
import type { BindingContext, BindingInput } from '../../machines/binding-setup.ts';
import type { PathOptions } from '../helpers/chart-paths.ts';

/** The chart as a model of itself. */
export const modelBinding = bindingMachine.provide({
  actors: { link: fromCallback(() => {}) },
  // A chart that is only walked has no parent.
  actions: { report: () => {} },
});

const isBindingContext = (context: unknown): context is BindingContext =>
  typeof context === 'object' && context !== null && 'endedBecause' in context;

const FAILURE = { code: 'HTTP_ERROR', message: '' };

const input = (facts: Partial<BindingInput>): BindingInput => ({
  ...{ sessionId: 's', instanceId: 'steady', role: 'home', active: true, succeeds: null },
  ...facts,
});

/** What the bindings begin as. */
export const bindingInputs: readonly BindingInput[] = [
  input({}),
  input({ instanceId: 'frail' }),
  input({ instanceId: 'away', active: false }),
  input({ instanceId: 'heir', succeeds: 'steady' }),
  input({ role: 'once' }),
  input({ instanceId: 'away', role: 'once', active: false }),
];

/**
 * What can happen to a binding. `steady` and `frail` are active; when they are lost, one is retrying and the other dead at
 * once. `away` is retrying, and `heir` has just taken the place of `steady`.
 */
export const bindingPathOptions: PathOptions = {
  starts: bindingInputs.map((each) => ({
    input: each,
    // A single call is made at once.
    before: each.role === 'once' ? [{ type: 'link.busy' }] : [],
  })),
  events({ value, context }) {
    if (!isBindingContext(context)) return [];
    const { instanceId, role, active, busy, attempt } = context;
    const state = JSON.stringify(value);
    const isOnce = role === 'once';
    // Calls that were sent are lost with their instance: that is one more event.
    const isSent = isOnce && busy && state === '{"bound":{"ready":"used"}}';
    const away = instanceId === 'frail' ? ['dead'] : isSent ? [] : ['retrying'];
    const transitions = [...(active ? away : ['active', 'dead']), 'removed'];
    const isWaiting = state === '{"bound":"waiting"}';
    const isUnused = state === '{"bound":{"ready":"unused"}}';
    return [
      ...transitions.map((to) => ({
        type: 'instance.transitioned',
        id: instanceId,
        transition: { from: null, to, at: 0, reason: '' },
      })),
      ...(isOnce ? [{ type: 'binding.promote', succeeds: null }] : [{ type: 'binding.end' }]),
      ...(isOnce && busy ? [{ type: 'link.idle' }, { type: 'binding.use' }] : []),
      ...(isUnused ? [{ type: 'link.busy' }] : []),
      ...(instanceId === 'steady' && !isOnce && attempt === 1
        ? [{ type: 'binding.takeOver', from: 'twin' }]
        : []),
      ...['link.up', 'link.failed', ...(isUnused ? [] : ['link.lost'])].map((type) => ({
        type,
        attempt,
        failure: FAILURE,
      })),
      { type: 'link.failed', attempt, failure: { code: 'CONNECTION_LOST', message: '' } },
      ...(isWaiting && active ? [{ type: 'xstate.after.relinkDelay.binding.bound.waiting' }] : []),
      ...(isUnused ? [{ type: 'xstate.after.linger.binding.bound.ready.unused' }] : []),
    ] satisfies AnyEventObject[];
  },
  abstract(context) {
    if (!isBindingContext(context)) return null;
    return [context.role, context.active, context.busy];
  },
};
