import * as z from 'zod';
import { instanceRow } from '../../views/instance-row.ts';
import { instanceRowSchema } from '../../views/instance-row-schema.ts';
import { instanceRef as actorOf } from '../../views/selectors.ts';
import { findInstance } from '../find-instance.ts';
import { hubTool } from './hub-tool.ts';
import { instanceRef } from './inputs.ts';
import { until } from './until.ts';

export const instancesReconnect = hubTool({
  name: 'instances_reconnect',
  title: 'Reconnect an instance',
  description:
    'Immediately tries to connect to an instance that is retrying or dead, with a fresh budget of retries, and answers with its state after that attempt. Call it after you have started or fixed its server. Does nothing to an active instance.',
  annotations: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({ instance_id: instanceRef }),
  output: z.object({ instance: instanceRowSchema }),
  async run({ instance_id }, context) {
    const { hub, sessionId, trafficOf } = context;
    const { id } = findInstance(hub.getSnapshot(), instance_id).registration;
    const actor = actorOf(hub.getSnapshot(), id);
    actor?.send({ type: 'instance.reconnect' });
    await until(context, () => actor?.getSnapshot().context.state !== 'connecting');
    const found = findInstance(hub.getSnapshot(), id);
    const row = instanceRow(hub.getSnapshot(), found, trafficOf, sessionId);
    return { structured: { instance: row } };
  },
});
