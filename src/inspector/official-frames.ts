import type { AnyActorRef, InspectionEvent } from 'xstate';
import type { HubActor } from '../../machines/hub.ts';
import { isAlive } from '../../machines/supervisor.ts';

/** Frames of the official inspection protocol, from now until stopped: first every actor there is, parents first. */
export interface OfficialFrames {
  stop(): void;
}

/**
 * Starts to translate what a hub does into frames of `@statelyai/inspect`. They are as the package makes them: whoever
 * sends them anywhere takes the credentials out.
 */
export async function translate(
  hub: HubActor,
  onFrame: (frame: object) => void,
): Promise<OfficialFrames> {
  const { createInspector } = await import('@statelyai/inspect');
  let stopped = false;
  const { inspect } = createInspector({
    send: (frame) => {
      // It sends later than it is told.
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

/** An actor and all below it that live. */
function familyOf(actor: AnyActorRef): AnyActorRef[] {
  const { children = {} } = actor.getSnapshot();
  const all: Iterable<AnyActorRef | undefined> =
    children instanceof Map ? children.values() : Object.values(children);
  return [actor, ...[...all].filter(isAlive).flatMap(familyOf)];
}

/** The package hands on the snapshots of new actors as XState has them, with their machine and children. */
function withPlainSnapshot(frame: object): object {
  if (!('snapshot' in frame) || typeof frame.snapshot !== 'object' || frame.snapshot === null) {
    return frame;
  }
  const { status, value, context, output }: Record<string, unknown> = { ...frame.snapshot };
  return { ...frame, snapshot: { status, value, context, output } };
}
