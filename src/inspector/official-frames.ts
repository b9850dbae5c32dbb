import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { HubActor } from '../../machines/hub.ts';
import { isAlive } from '../../machines/supervisor.ts';

/** Frames of the official inspection protocol, from now until stopped. Starts with all existing actors, parents first. */
export interface OfficialFrames {
  stop(): void;
}

/**
 * Starts to translate what a hub does into frames of `@statelyai/inspect`. Frames are unfiltered: whoever sends them must
 * remove credentials.
 */
export async function translate(
  hub: HubActor,
  onFrame: (frame: object) => void,
): Promise<OfficialFrames> {
  const { createInspector } = await import('@statelyai/inspect');
  let stopped = false;
  const { inspect } = createInspector({
    send: (frame) => {
      // The package sends asynchronously.
      if (!stopped) onFrame(withPlainSnapshot(frame));
    },
  });
  for (const actorRef of familyOf(hub)) {
    inspect.next?.({ type: '@xstate.actor', actorRef, rootId: hub.sessionId });
  }
  const subscription = hub.system.inspect((event: InspectionEvent) => inspect.next?.(event));
  return {
    stop: () => {
      stopped = true;
      subscription.unsubscribe();
    },
  };
}

/** An actor and all its running descendants. */
function familyOf(actor: AnyActorRef): AnyActorRef[] {
  const { children = {} } = actor.getSnapshot();
  const all: Iterable<AnyActorRef | undefined> =
    children instanceof Map ? children.values() : Object.values(children);
  return [actor, ...[...all].filter(isAlive).flatMap(familyOf)];
}

/** The package passes on the snapshots of new actors unchanged, with their machine and children. */
function withPlainSnapshot(frame: object): object {
  if (!('snapshot' in frame) || typeof frame.snapshot !== 'object' || frame.snapshot === null) {
    return frame;
  }
  const { status, value, context, output }: Record<string, unknown> = { ...frame.snapshot };
  return { ...frame, snapshot: { status, value, context, output } };
}
