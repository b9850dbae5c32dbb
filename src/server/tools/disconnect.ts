import * as z from 'zod';
import { sessionRef } from '../../views/selectors.ts';
import { hubTool } from './hub-tool.ts';

export const instancesDisconnect = hubTool({
  name: 'instances_disconnect',
  title: 'Disconnect',
  description:
    'Disconnects this session from its instance: the tools, resources and prompts of the instance are no longer listed here. The instance itself keeps running. Does nothing if not connected.',
  annotations: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({}),
  output: z.object({
    disconnected_from: z
      .string()
      .nullable()
      .describe('Id of the instance that was disconnected, or null.'),
  }),
  run(_, { hub, sessionId }) {
    const session = sessionRef(hub.getSnapshot(), sessionId);
    const left = session?.getSnapshot().context.home ?? null;
    session?.send({ type: 'session.unbind' });
    return { structured: { disconnected_from: left } };
  },
});
