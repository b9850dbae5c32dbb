import * as z from 'zod';
import { instanceRows } from '../../views/instance-row.ts';
import { instanceRowSchema } from '../../views/instance-row-schema.ts';
import { instanceContexts } from '../../views/selectors.ts';
import { hubTool } from './hub-tool.ts';
import { state } from './inputs.ts';

export const instancesList = hubTool({
  name: 'instances_list',
  title: 'List instances',
  description:
    'Lists every MCP server instance (dev server, process manager, tool) that runs on this machine, with its project directory, port and connection state. Call this first to learn which instances there are; then call instances_connect with the id of the one that belongs to the project you work on. Answers at once, from what is known.',
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({
    state: state.optional().describe('Only instances in this state.'),
    include_dead: z.boolean().default(true).describe('Whether to list dead instances too.'),
  }),
  output: z.object({ instances: z.array(instanceRowSchema) }),
  run({ state: wanted, include_dead }, { hub, trafficOf, sessionId }) {
    const snapshot = hub.getSnapshot();
    const wantedOnes = instanceContexts(snapshot).filter(({ state: is }) =>
      wanted === undefined ? include_dead || is !== 'dead' : is === wanted,
    );
    const instances = instanceRows(snapshot, wantedOnes, trafficOf, sessionId);
    return { structured: { instances }, shown: instances };
  },
});
