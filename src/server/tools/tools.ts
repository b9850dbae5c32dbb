import * as z from 'zod';
import { BUDGETS } from '../../budgets.ts';
import { HubError } from '../../errors.ts';
import { instanceContexts } from '../../views/selectors.ts';
import { toolRows } from '../../views/tool-row.ts';
import { type ToolRow, toolRowSchema } from '../../views/tool-row-schema.ts';
import { findInstance } from '../find-instance.ts';
import { hubTool } from './hub-tool.ts';
import { instanceRef } from './inputs.ts';

const toolOfInstance = toolRowSchema.extend({ instance_id: z.string() });

export const instancesTools = hubTool({
  name: 'instances_tools',
  title: 'Tools of instances',
  description:
    'Lists the tools of one instance, or of all active instances, with their input schemas, without connecting. Use it to find the instance that can do something, or if your client does not reload its tool list after connecting; call the tools that you find with instances_call.',
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({
    instance_id: instanceRef.optional(),
    query: z
      .string()
      .optional()
      .describe('Only tools whose name, title or description has all of these words.'),
  }),
  output: z.object({ tools: z.array(toolOfInstance) }),
  run({ instance_id, query = '' }, { hub }) {
    const snapshot = hub.getSnapshot();
    const instances =
      instance_id === undefined
        ? instanceContexts(snapshot).filter(({ state }) => state === 'active')
        : [findInstance(snapshot, instance_id)];
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const tools: z.infer<typeof toolOfInstance>[] = [];
    let size = 0;
    for (const instance of instances) {
      for (const each of toolRows(instance)) {
        if (!words.every((word) => searchable(each).includes(word))) continue;
        size += JSON.stringify(each).length;
        if (size > BUDGETS.ownAnswer.value) throw tooMany();
        tools.push({ ...each, instance_id: instance.registration.id });
      }
    }
    return { structured: { tools } };
  },
});

function tooMany(): HubError {
  const message = `these tools have more than ${BUDGETS.ownAnswer.value} bytes: give an instance_id, or search words in query`;
  return new HubError('MESSAGE_TOO_LARGE', message);
}

function searchable({ name, title, description }: ToolRow): string {
  const texts = [name, title, description].filter((each) => typeof each === 'string');
  return texts.join('\n').toLowerCase();
}
