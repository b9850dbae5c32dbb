import { setImmediate } from 'node:timers/promises';
import { fromCallback } from 'xstate';
import type { ConnectionCommand, ConnectionReport } from '../../machines/instance-events.ts';
import type { AgentInfo, Failure } from '../../machines/model.ts';
import { shown } from '../printable.ts';
import { ExchangeError } from '../wire/rpc-client.ts';
import { InstanceConnection } from './instance-connection.ts';
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
  /** Resolves when everything is loaded that connections need: without descriptors it could not be. */
  ready(): Promise<unknown>;
}

/**
 * The long-lived actor that owns an instance's connection. `open` closes the connection before; `close` and the end of
 * the actor close it for good. `closeAll` ends every session at the instances and resolves when all have answered.
 */
export function createConnections(options: ConnectionActorOptions) {
  const closing = new Set<Promise<void>>();
  const owners = new Map<string, () => void>();

  const actor = fromCallback<ConnectionCommand, { readonly id: string }>(
    ({ input: { id }, sendBack, receive }) => {
      const report = (event: ConnectionReport) => sendBack(event);
      let current: { ping(): void; close(): void } | null = null;
      const close = () => {
        current?.close();
        current = null;
      };
      // A crashed instance actor leaves its connection actor behind: its successor ends it.
      owners.get(id)?.();
      owners.set(id, close);

      const open = ({ attempt, registration }: Extract<ConnectionCommand, { type: 'open' }>) => {
        const connection = new InstanceConnection({
          registration,
          self: options.self,
          now: options.now,
          guard: () => options.refusal(id),
          streams: options.streams,
          needsStream: () => options.needsStream(id),
          onHeard: () => options.onHeard(id),
          isBusy: () => options.isBusy(id),
          onStreaming: (isStreaming) => options.onStreaming(id, isStreaming),
          onDown: (failure) => report({ type: 'connection.down', attempt, failure }),
          onCatalogue: (found) =>
            report({ type: 'connection.catalogueChanged', attempt, ...found }),
        });
        current = {
          ping: () =>
            connection
              .ping()
              .then((responseTime) => report({ type: 'connection.pong', attempt, responseTime })),
          close: () => {
            const closed = connection.close().finally(() => closing.delete(closed));
            closing.add(closed);
          },
        };
        const opening = options.ready().then(() => connection.open());
        opening.then(
          (opened) => report({ type: 'connection.up', attempt, ...opened }),
          (error: unknown) =>
            report({ type: 'connection.failed', attempt, failure: failureOf(error) }),
        );
      };

      receive((command) => {
        switch (command.type) {
          case 'open':
            close();
            open(command);
            break;
          case 'ping':
            current?.ping();
            break;
          case 'close':
            close();
            break;
        }
      });

      return () => {
        close();
        if (owners.get(id) === close) owners.delete(id);
      };
    },
  );

  const closeAll = async () => {
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

function failureOf(error: unknown): Failure {
  if (error instanceof ExchangeError) return error.failure;
  return {
    code: 'PROTOCOL_ERROR',
    message: shown(error instanceof Error ? error.message : String(error)),
  };
}
