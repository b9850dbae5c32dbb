import * as z from 'zod';
import { HubError, type HubErrorFacts } from '../../errors.ts';
import { instanceRow } from '../../views/instance-row.ts';
import { instanceRowSchema } from '../../views/instance-row-schema.ts';
import { currentId, homeOf, isHomeOpening, sessionRef } from '../../views/selectors.ts';
import { toolRows } from '../../views/tool-row.ts';
import { toolRowSchema } from '../../views/tool-row-schema.ts';
import { findInstance, instanceWithId } from '../find-instance.ts';
import { hubTool, type ToolContext } from './hub-tool.ts';
import { instanceRef } from './inputs.ts';
import { triedInstance } from './tried.ts';
import { until } from './until.ts';

export const instancesConnect = hubTool({
  name: 'instances_connect',
  title: 'Connect to an instance',
  description:
    'Connects this session to one instance: from then on its tools, resources and prompts are available here under their own names, as if it were configured directly. Answers with its instructions and its tools with their schemas; if your tool list is not updated, call them with instances_call. Connecting to another instance switches; connecting to the same one again changes nothing.',
  annotations: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({ instance_id: instanceRef }),
  output: z.object({
    instance: instanceRowSchema,
    instructions: z.string().nullable().describe("The instance's own instructions for its use."),
    tools: z.array(toolRowSchema),
  }),
  async run({ instance_id }, context) {
    const { hub, sessionId, trafficOf } = context;
    const asked = (await triedInstance(context, instance_id)).registration.id;
    await until(context, () => !['discovered', 'connecting'].includes(stateOf(context, asked)));
    const id = currentId(hub.getSnapshot(), asked);
    const state = stateOf(context, id);
    if (state !== 'active' && state !== 'retrying') {
      const { lastFailure } = findInstance(hub.getSnapshot(), id);
      throw new HubError('INSTANCE_NOT_ACTIVE', `instance "${id}" is ${state}`, {
        instance_id: id,
        state,
        last_error: lastFailure,
      });
    }
    sessionRef(hub.getSnapshot(), sessionId)?.send({
      type: 'session.bind',
      instanceId: id,
      active: state === 'active',
    });
    await until(context, () => !isHomeOpening(hub.getSnapshot(), sessionId));
    // Its successor, if it was restarted in the meantime.
    const bound = homeOf(hub.getSnapshot(), sessionId);
    if (bound !== currentId(hub.getSnapshot(), id)) throw refused(context, id);
    const found = findInstance(hub.getSnapshot(), bound);
    return {
      structured: {
        instance: instanceRow(hub.getSnapshot(), found, trafficOf, sessionId),
        instructions: found.peer?.instructions ?? null,
        tools: toolRows(found),
      },
    };
  },
});

function stateOf({ hub }: ToolContext, id: string): string {
  return instanceWithId(hub.getSnapshot(), id)?.state ?? 'removed';
}

function refused(context: ToolContext, id: string): HubError {
  const { hub, sessionId } = context;
  const session = sessionRef(hub.getSnapshot(), sessionId)?.getSnapshot();
  const { because, failure = null } = session?.context.lost ?? {};
  const facts: HubErrorFacts = { instance_id: id, last_error: failure };
  return because === 'gone'
    ? new HubError('INSTANCE_GONE', `instance "${id}" was removed while connecting to it`, facts)
    : new HubError(
        'INSTANCE_REFUSED',
        `instance "${id}" could not be connected: ${failure?.message ?? 'it was removed'}`,
        { ...facts, state: stateOf(context, id) },
      );
}
