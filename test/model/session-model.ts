import { type AnyEventObject, fromCallback } from 'xstate';
import { sessionMachine } from '../../machines/session.ts';
import type { SessionContext } from '../../machines/session-setup.ts';
import type { PathOptions } from '../helpers/chart-paths.ts';

/** The chart as a model of itself. */
export const modelSession = sessionMachine.provide({
  actors: { link: fromCallback(() => {}) },
  // A chart that is only walked has no parent.
  actions: { report: () => {} },
});

const isSessionContext = (context: unknown): context is SessionContext =>
  typeof context === 'object' && context !== null && 'instanceActive' in context;

const FAILURE = { code: 'HTTP_ERROR', message: '' };

/**
 * What can happen to a session among three instances: `steady` and `frail` are active, and when they are lost one is
 * retrying and the other dead at once; `away` is retrying.
 */
export const sessionPathOptions: PathOptions = {
  input: { id: 's' },
  events({ value, context }) {
    if (!isSessionContext(context)) return [];
    const { instanceId, instanceActive, attempt, lostId, leftBecause } = context;
    const binds = ['steady', 'frail', 'away'].map((id) => ({
      type: 'session.bind',
      instanceId: id,
      active: id === instanceId ? instanceActive : id !== 'away',
    }));
    const ways = instanceActive
      ? [instanceId === 'steady' ? 'retrying' : 'dead', 'removed']
      : ['active', 'dead', 'removed'];
    const transition = (id: string | null, to: string) => ({
      type: 'instance.transitioned',
      id,
      transition: { from: null, to, at: 0, reason: '' },
    });
    // An heir is only followed so far.
    if (instanceId === 'heir') return [{ type: 'session.unbind' }];
    const succeeds = [true, false].map((active) => ({
      type: 'session.succeed',
      from: instanceId,
      to: 'heir',
      active,
    }));
    const transitions = ways.map((to) => transition(instanceId, to));
    return [
      ...binds,
      { type: 'session.unbind' },
      { type: 'session.close' },
      ...(instanceId === null ? [] : [...transitions, ...succeeds]),
      ...(lostId !== null && leftBecause === 'dead'
        ? [transition(lostId, 'active'), transition(lostId, 'removed')]
        : []),
      ...['link.up', 'link.failed', 'link.lost'].map((type) => ({
        type,
        attempt,
        failure: FAILURE,
      })),
      { type: 'link.failed', attempt, failure: { code: 'CONNECTION_LOST', message: '' } },
      ...(JSON.stringify(value) === '{"bound":"waiting"}' && instanceActive
        ? [{ type: 'xstate.after.relinkDelay.session.bound.waiting' }]
        : []),
    ] satisfies AnyEventObject[];
  },
  abstract(context) {
    if (!isSessionContext(context)) return null;
    return [context.instanceId, context.instanceActive, context.lostId, context.leftBecause];
  },
};
