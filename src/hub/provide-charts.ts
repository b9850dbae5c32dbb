import { assign, fromPromise } from 'xstate';
import { bindingMachine } from '../../machines/binding.ts';
import { hubMachine } from '../../machines/hub.ts';
import { instanceActorId } from '../../machines/hub-children.ts';
import { instanceMachine } from '../../machines/instance.ts';
import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { Registration, World } from '../../machines/model.ts';
import { sessionMachine } from '../../machines/session.ts';
import { supervisorOf } from '../../machines/supervisor.ts';
import type { createConnections } from '../connection/connection-actor.ts';
import type { createLinkActor } from '../link/link-actor.ts';
import type { HubObserver } from './observer.ts';

/** Whatever the charts name and leave to the world. */
export interface Adapters {
  readonly connection: ReturnType<typeof createConnections>['actor'];
  readonly link: ReturnType<typeof createLinkActor>;
  /** Milliseconds since the epoch. */
  now(): number;
  readWorld(context: InstanceContext): World;
  isProcessGone(registration: Registration): boolean;
  deleteStaleFile(registration: Registration): void;
  /** Closes every link and connection politely. */
  closeAll(): Promise<void>;
}

/** The hub's chart, and those of its children, with everything that they name. The observer is told what they read. */
export function provideCharts(adapters: Adapters, observer: HubObserver | null) {
  const instance = instanceMachine.provide({
    actors: { connection: adapters.connection },
    actions: {
      readWorld: assign({
        world: ({ context }) => {
          const world = adapters.readWorld(context);
          observer?.world(instanceActorId(context.registration.id), world);
          return world;
        },
      }),
      deleteStaleFile: ({ context: { registration } }) => adapters.deleteStaleFile(registration),
    },
    guards: {
      processGone: ({ context: { registration } }) => {
        const gone = adapters.isProcessGone(registration);
        observer?.processGone(instanceActorId(registration.id), gone);
        return gone;
      },
    },
  });
  const binding = bindingMachine.provide({ actors: { link: adapters.link } });
  return hubMachine.provide({
    actors: {
      instances: supervisorOf(instance),
      session: sessionMachine.provide({ actors: { binding } }),
      closeAll: fromPromise(() => adapters.closeAll()),
    },
    actions: {
      readClock: assign({
        now: () => {
          const now = adapters.now();
          observer?.clock(now);
          return now;
        },
      }),
    },
  });
}
