import { waitFor } from 'xstate';
import type { InstanceContext } from '../../../machines/instance-setup.ts';
import { instanceRef } from '../../views/selectors.ts';
import { findInstance } from '../find-instance.ts';
import type { ToolContext } from './hub-tool.ts';

/**
 * The instance with this id, name or path. If it is dead, tries to connect once first. Throws like {@link findInstance}, and
 * if the call is cancelled.
 */
export async function triedInstance(
  { hub, signal }: Pick<ToolContext, 'hub' | 'signal'>,
  idNameOrPath: string,
): Promise<InstanceContext> {
  const found = findInstance(hub.getSnapshot(), idNameOrPath);
  const actor = instanceRef(hub.getSnapshot(), found.registration.id);
  if (found.state !== 'dead' || actor === undefined) return found;
  actor.send({ type: 'instance.probe' });
  await waitFor(actor, (snapshot) => !snapshot.matches({ dead: 'probing' }), { signal });
  return findInstance(hub.getSnapshot(), found.registration.id);
}
