import type { InspectionEvent } from 'xstate';
import type { World } from '../../machines/model.ts';

/** Follows a hub from its start: what its actors are told, and what their charts read of the world. Must not throw. */
export interface HubObserver {
  /** Every inspection event of the hub's actor system. */
  inspect(event: InspectionEvent): void;
  /** The instance of this actor read the world. */
  world(actorId: string, world: World): void;
  /** The hub read the clock, in milliseconds since the epoch. */
  clock(now: number): void;
  /** The instance of this actor asked whether its process is gone. */
  processGone(actorId: string, gone: boolean): void;
}

/** One observer that passes everything on to all of these. */
export function observedBy(observers: readonly HubObserver[]): HubObserver {
  return {
    inspect: (event) => {
      for (const each of observers) each.inspect(event);
    },
    world: (actorId, world) => {
      for (const each of observers) each.world(actorId, world);
    },
    clock: (now) => {
      for (const each of observers) each.clock(now);
    },
    processGone: (actorId, gone) => {
      for (const each of observers) each.processGone(actorId, gone);
    },
  };
}
