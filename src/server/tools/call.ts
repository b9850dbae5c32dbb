import * as z from 'zod';
import { hubTool, parseArguments } from './hub-tool.ts';
import { instanceRef } from './inputs.ts';

const input = z.object({
  instance_id: instanceRef.optional(),
  tool: z.string().min(1).describe('Name of the tool, as its instance lists it.'),
  arguments: z.record(z.string(), z.unknown()).optional().describe('Arguments of that tool.'),
});

/** Answered by the instance: the session forwards it instead of running it here. */
export const instancesCall = hubTool({
  name: 'instances_call',
  title: 'Call a tool of an instance',
  description:
    "Calls one tool of any instance and answers with that tool's own result, without connecting. Without instance_id it goes to the instance that this session is connected to. Use instances_tools to see the names and input schemas of the tools.",
  annotations: { readOnlyHint: false, openWorldHint: true },
  input,
  output: null,
  run() {
    throw new Error('instances_call is forwarded, not run');
  },
});

/** Parses the arguments of `instances_call`. Throws `INVALID_ARGUMENTS`. */
export const parseCall = (args: unknown) => parseArguments(instancesCall.name, input, args);
