import { waitFor } from 'xstate';
import * as z from 'zod';
import { LONGEST_DELAY } from '../../../machines/backoff.ts';
import { HubError } from '../../errors.ts';
import { instanceRow } from '../../views/instance-row.ts';
import { instanceRowSchema } from '../../views/instance-row-schema.ts';
import { currentId, instanceContext } from '../../views/selectors.ts';
import { ambiguous, instancesNamed, instanceWithId, isNamed } from '../find-instance.ts';
import { AwaitedInstances } from './awaited-instances.ts';
import { hubTool, type ToolContext } from './hub-tool.ts';
import { instanceRef, state } from './inputs.ts';

/** Default timeout of a wait, in milliseconds. */
const DEFAULT_TIMEOUT = 30_000;

export const instancesWait = hubTool({
  name: 'instances_wait',
  title: 'Wait for an instance',
  description:
    'Waits until an instance is in a state, by default active, and answers as soon as it is. Give its id, name or path; it may be one that is not known yet, for example a dev server that you have just started. If the time runs out, the error WAIT_TIMEOUT says which state it is in.',
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  input: z
    .object({
      instance_id: instanceRef.optional(),
      name: z.string().min(1).optional().describe('Name of the instance, instead of its id.'),
      path: z.string().min(1).optional().describe('Project directory, instead of its id.'),
      state: state.default('active'),
      timeout_ms: z
        .number()
        .int()
        .min(0)
        .max(LONGEST_DELAY)
        .default(DEFAULT_TIMEOUT)
        .describe('Milliseconds to wait.'),
    })
    .refine(({ instance_id, name, path }) => (instance_id ?? name ?? path) !== undefined, {
      message: 'give one of instance_id, name or path',
    }),
  output: z.object({ instance: instanceRowSchema }),
  async run({ instance_id, name, path, state: wanted, timeout_ms }, context) {
    const { hub, sessionId, trafficOf } = context;
    const ref = instance_id ?? name ?? path ?? '';
    const inState = () => {
      const found = known(context, ref);
      const there = found.find((each) => each.state === wanted);
      if (there === undefined) return undefined;
      if (found.length > 1) throw ambiguous(ref, found);
      return instanceRow(hub.getSnapshot(), there, trafficOf, sessionId);
    };
    // Only the instance that moved is looked at: many may move while many wait.
    const isMeant = (id: string) => {
      if (id === currentId(hub.getSnapshot(), ref)) return true;
      const moved = instanceContext(hub.getSnapshot(), id);
      return moved !== undefined && isNamed(moved, ref);
    };
    const awaited = new AwaitedInstances(context);
    const look = () => {
      const row = inState();
      const isAwaited = row === undefined && wanted === 'active';
      awaited.set(isAwaited ? known(context, ref).map(({ registration }) => registration.id) : []);
      return row;
    };
    const row =
      look() ??
      (await untilFound(context, timeout_ms, (id) => (isMeant(id) ? look() : undefined)).finally(
        () => awaited.set([]),
      ));
    if (row !== undefined) return { structured: { instance: row } };
    const [found] = known(context, ref);
    const is = found?.state ?? null;
    const message = `"${ref}" is ${is ?? 'not known'}, not ${wanted}, after ${timeout_ms} ms`;
    throw new HubError('WAIT_TIMEOUT', message, {
      instance_id: found?.registration.id ?? ref,
      ...(is === null ? {} : { state: is }),
      ...(found === undefined ? {} : { last_error: found.lastFailure }),
    });
  },
});

function known({ hub }: ToolContext, ref: string) {
  const byId = instanceWithId(hub.getSnapshot(), ref);
  return byId === undefined ? instancesNamed(hub.getSnapshot(), ref) : [byId];
}

/**
 * Calls `find` with an instance's id whenever that changes its state or replaces another. Resolves with its first result, or
 * with undefined if the time runs out or the call is cancelled. Rejects with what `find` throws.
 */
async function untilFound<T>(
  { hub, signal }: ToolContext,
  timeout: number,
  find: (id: string) => T | undefined,
): Promise<T | undefined> {
  let found: T | undefined;
  const failures: unknown[] = [];
  const changed = (id: string) => {
    try {
      found ??= find(id);
    } catch (error) {
      failures.push(error);
    }
  };
  const listening = [
    hub.on('instance.transitioned', ({ id }) => changed(id)),
    hub.on('instance.succeeded', ({ to }) => changed(to)),
  ];
  const isOver = () => found !== undefined || failures.length > 0;
  await waitFor(hub, isOver, { timeout, signal }).catch(() => {});
  for (const subscription of listening) subscription.unsubscribe();
  if (failures.length > 0) throw failures[0];
  return found;
}
