import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Failure } from '../../machines/model.ts';

/** Why no new TCP connection to an instance is allowed now, or null if it is. */
export type ConnectionGuard = () => Failure | null;

/**
 * Sockets to one instance. The guard is asked before each new one, because the port may belong to another process by now. A
 * refusal becomes the error of the request, with its code and message; nothing is sent then.
 */
export class GuardedAgent extends http.Agent {
  readonly #guard: ConnectionGuard;
  #first: net.Socket | null = null;

  constructor(options: http.AgentOptions, guard: ConnectionGuard) {
    super(options);
    this.#guard = guard;
  }

  /** Uses a socket that is already connected for the next request. */
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
