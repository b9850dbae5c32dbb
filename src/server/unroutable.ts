import { HubError } from '../errors.ts';
import { type HubSnapshot, instanceContexts } from '../views/selectors.ts';
import { findInstance } from './find-instance.ts';

/** The error for a session that isn't connected. */
export function notConnected(): HubError {
  return new HubError('NOT_CONNECTED', 'this session is not connected to an instance');
}

/** The error for a tool that isn't the hub's, called by a session that isn't connected. */
export function unknownTool(snapshot: HubSnapshot, name: string): HubError {
  const having = instanceContexts(snapshot).filter(
    ({ state, catalogue }) =>
      state === 'active' && catalogue?.tools.some((tool) => tool['name'] === name),
  );
  if (having.length === 0) {
    return new HubError('UNKNOWN_TOOL', `no tool "${name}", and not connected to an instance`);
  }
  const candidates = having.map(({ registration: { id, name, path } }) => ({ id, name, path }));
  const some = candidates.slice(0, 20).map(({ id }) => id);
  const owners = [...some, ...(candidates.length > some.length ? ['others'] : [])].join(', ');
  const message = `tool "${name}" belongs to ${owners}; this session is not connected`;
  return new HubError('NOT_CONNECTED', message, { candidates });
}

/** The error for a known instance that can't be used. */
export function notActive(snapshot: HubSnapshot, id: string): HubError {
  const { state, lastFailure } = findInstance(snapshot, id);
  return new HubError('INSTANCE_NOT_ACTIVE', `instance "${id}" is ${state}`, {
    instance_id: id,
    state: state ?? 'discovered',
    last_error: lastFailure,
  });
}
