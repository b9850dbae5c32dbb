import type { InstanceContext } from '../../../machines/instance-setup.ts';
import { instanceContexts, instanceRef } from '../../views/selectors.ts';
import type { ToolContext } from './hub-tool.ts';

/** The instances as they are now, by name: each reads its traffic counters before it is looked at. */
export function observeInstances({ hub }: Pick<ToolContext, 'hub'>): InstanceContext[] {
  const snapshot = hub.getSnapshot();
  for (const { registration } of instanceContexts(snapshot)) {
    instanceRef(snapshot, registration.id)?.send({ type: 'instance.observed' });
  }
  return instanceContexts(snapshot);
}
