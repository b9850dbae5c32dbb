import { setImmediate } from 'node:timers/promises';
import { fromCallback } from 'xstate';
import type { ConnectionCommand, ConnectionReport } from '../../machines/instance-events.ts';
import type { AgentInfo, Failure } from '../../machines/model.ts';
import { SpareDescriptors } from '../spare-descriptors.ts';
import { Attempt } from './attempt.ts';
import type { StandingStreams } from './standing-streams.ts';

/** Connections that are closed in one turn of the event loop. */
const PORTION = 50;

export interface ConnectionActorOptions {
  readonly self: AgentInfo;
  readonly now: () => number;
  /** The instance showed a sign of life. */
  onHeard(id: string): void;
  /** Whether calls that the instance has taken wait for their answers. */
  isBusy(id: string): boolean;
  /** Whether the instance has a standing stream open to this connection. */
  onStreaming(id: string, isStreaming: boolean): void;
  /** Why nobody may connect to the instance now, or null. */
  refusal(id: string): Failure | null;
  /** Whether the instance would be refused if it had no standing stream. */
  needsStream(id: string): boolean;
  readonly streams: StandingStreams;
  /**
   * Resolves when everything is loaded that connections need. Called when the first instance accepts a connection: a hub
   * without a running instance needs none of it.
   */
  ready(): Promise<unknown>;
}

/**
 * The long-lived actor that owns an instance's connection. `open` closes the previous connection; `close` and the end of
 * the actor close it for good. `closeAll` ends every session at the instances and resolves when all have answered.
 */
export function createConnections(options: ConnectionActorOptions) {
  const { self, now, streams } = options;
  const closing = new Set<Promise<void>>();
  const owners = new Map<string, () => void>();
  const spares = new SpareDescriptors();
  const ready = () => {
    spares.close();
    return options.ready();
  };

  const actor = fromCallback<ConnectionCommand, { readonly id: string }>(
    ({ input: { id }, sendBack, receive }) => {
      const report = (event: ConnectionReport) => sendBack(event);
      let current: Attempt | null = null;
      let number = 0;
      const close = () => {
        if (current === null) return;
        const closed = current.close().finally(() => closing.delete(closed));
        closing.add(closed);
        current = null;
      };
      // A crashed instance actor leaves its connection actor behind. Its successor ends that.
      owners.get(id)?.();
      owners.set(id, close);

      const open = ({ attempt, registration }: Extract<ConnectionCommand, { type: 'open' }>) => {
        number = attempt;
        current = new Attempt({
          self,
          now,
          streams,
          ready,
          registration,
          guard: () => options.refusal(id),
          needsStream: () => options.needsStream(id),
          onHeard: () => options.onHeard(id),
          isBusy: () => options.isBusy(id),
          onStreaming: (isStreaming) => options.onStreaming(id, isStreaming),
          onDown: (failure) => report({ type: 'connection.down', attempt, failure }),
          onCatalogue: (found) =>
            report({ type: 'connection.catalogueChanged', attempt, ...found }),
        });
        void current.open().then((outcome) => {
          if ('peer' in outcome) report({ type: 'connection.up', attempt, ...outcome });
          else report({ type: 'connection.failed', attempt, failure: outcome });
        });
      };
      const ping = (attempt: number) =>
        current
          ?.ping()
          .then((responseTime) => report({ type: 'connection.pong', attempt, responseTime }));

      receive((command) => {
        if (command.type === 'ping') {
          void ping(number);
          return;
        }
        close();
        if (command.type === 'open') open(command);
      });

      return () => {
        close();
        if (owners.get(id) === close) owners.delete(id);
      };
    },
  );

  const closeAll = async () => {
    spares.close();
    let closed = 0;
    for (const close of owners.values()) {
      close();
      closed += 1;
      if (closed % PORTION === 0) await setImmediate();
    }
    await Promise.allSettled(closing);
  };
  return { actor, closeAll };
}
