import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Failure } from '../../machines/model.ts';

/** Why no new TCP connection may be made to an instance now; null: one may. */
export type ConnectionGuard = () => Failure | null;

/**
 * Sockets to one instance. Before each new one the guard is asked: a port may have another owner by now. What it says is
 * the error of the request, by code and message; nothing was sent then.
 */
export class GuardedAgent extends http.Agent {
  readonly #guard: ConnectionGuard;
  #first: net.Socket | null = null;

  constructor(options: http.AgentOptions, guard: ConnectionGuard) {
    super(options);
    this.#guard = guard;
  }

  /** Takes a socket that is connected already, for the next request. */
  adopt(socket: net.Socket): void {
    this.#first = socket;
  }

  override createConnection(
    options: http.ClientRequestArgs,
    onCreated?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const first = this.#first;
    this.#first = null;
    if (first !== null && !first.destroyed) return first;
    const failure = this.#guard();
    if (failure === null) return super.createConnection(options, onCreated);
    const error = Object.assign(new Error(failure.message), { code: failure.code });
    process.nextTick(() => onCreated?.(error, new net.Socket()));
    return undefined;
  }

  override destroy(): void {
    this.#first?.destroy();
    this.#first = null;
    super.destroy();
  }
}
