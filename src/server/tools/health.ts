import * as z from 'zod';
import { healthRow } from '../../views/health-row.ts';
import { healthRowSchema } from '../../views/health-row-schema.ts';
import { instanceContexts } from '../../views/selectors.ts';
import { findInstance } from '../find-instance.ts';
import { hubTool } from './hub-tool.ts';
import { instanceRef } from './inputs.ts';

export const instancesHealth = hubTool({
  name: 'instances_health',
  title: 'Instance health',
  description:
    'Shows the health of instances: missed and answered pings, response time, calls in flight, and the last 20 state transitions with their reasons. Use it to find out why an instance is retrying or dead, or whether it is only busy.',
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({ instance_id: instanceRef.optional() }),
  output: z.object({ instances: z.array(healthRowSchema) }),
  run({ instance_id }, { hub, trafficOf }) {
    const snapshot = hub.getSnapshot();
    const wanted =
      instance_id === undefined
        ? instanceContexts(snapshot)
        : [findInstance(snapshot, instance_id)];
    return { structured: { instances: wanted.map((each) => healthRow(each, trafficOf)) } };
  },
});
