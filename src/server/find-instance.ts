import type { InstanceContext } from '../../machines/instance-setup.ts';
import { HubError } from '../errors.ts';
import { printable } from '../printable.ts';
import {
  currentId,
  type HubSnapshot,
  instanceContext,
  instanceContexts,
} from '../views/selectors.ts';

/** The instance with this id, or the one that has replaced it. */
export function instanceWithId(hub: HubSnapshot, id: string): InstanceContext | undefined {
  return instanceContext(hub, currentId(hub, id)) ?? instanceContext(hub, id);
}

/** The instances whose name or path is `nameOrPath`. Dead ones only if there are no others. */
export function instancesNamed(hub: HubSnapshot, nameOrPath: string): InstanceContext[] {
  const named = instanceContexts(hub).filter((instance) => isNamed(instance, nameOrPath));
  const living = named.filter(({ state }) => state !== 'dead');
  return living.length > 0 ? living : named;
}

/** Whether this is the instance's name or path. */
export function isNamed({ registration }: InstanceContext, nameOrPath: string): boolean {
  return registration.name === nameOrPath || bare(registration.path) === bare(nameOrPath);
}

/**
 * The instance with this id, or else the only one with this name or path.
 * Throws `INSTANCE_NOT_FOUND`, or `INSTANCE_AMBIGUOUS` with the candidates.
 */
export function findInstance(hub: HubSnapshot, idNameOrPath: string): InstanceContext {
  const byId = instanceWithId(hub, idNameOrPath);
  if (byId !== undefined) return byId;
  const found = instancesNamed(hub, idNameOrPath);
  if (found.length > 1) throw ambiguous(idNameOrPath, found);
  const [only] = found;
  if (only !== undefined) return only;
  const running = instanceContexts(hub).map(({ registration }) => registration.id);
  const known =
    running.length === 0 ? 'There is none.' : `Known: ${running.slice(0, 20).join(', ')}.`;
  throw new HubError('INSTANCE_NOT_FOUND', `no instance "${printable(idNameOrPath)}". ${known}`, {
    instance_id: idNameOrPath,
  });
}

/** The error that lists the candidates. */
export function ambiguous(nameOrPath: string, found: readonly InstanceContext[]): HubError {
  const candidates = found.map(({ registration: { id, name, path } }) => ({ id, name, path }));
  const message = `"${printable(nameOrPath)}" fits ${found.length} instances: ${candidates
    .slice(0, 20)
    .map(({ id }) => id)
    .join(', ')}`;
  return new HubError('INSTANCE_AMBIGUOUS', message, { candidates });
}

/** `/home/me/web/` and `/home/me/web` are the same place. */
function bare(path: string): string {
  return path.length > 1 ? path.replace(/[/\\]+$/, '') : path;
}
