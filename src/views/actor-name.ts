import type { ActorRefLike } from 'xstate';

/**
 * An actor by a name: `hub`, `instance:ID`, `session:ID`; of those that they own, `instance:ID/connection`. The
 * supervisor that instances have is no part of their names.
 */
export function actorName(actor: ActorRefLike): string {
  if (!('id' in actor) || typeof actor.id !== 'string') return actor.sessionId;
  const parent = '_parent' in actor ? actor._parent : undefined;
  if (!isActor(parent)) return 'hub';
  const owner = actorName(parent);
  return owner === 'hub' || owner === 'instances' ? actor.id : `${owner}/${actor.id}`;
}

const isActor = (value: unknown): value is ActorRefLike =>
  typeof value === 'object' && value !== null && 'sessionId' in value;
