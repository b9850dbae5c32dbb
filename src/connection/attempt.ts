import { Socket } from 'node:net';
import type { Endpoint, Failure, FailureCode } from '../../machines/model.ts';
import { shown } from '../printable.ts';
import { dial } from '../wire/dial.ts';
import { endpointsOf } from '../wire/endpoint.ts';
import { CLOSED, ExchangeError } from '../wire/exchange-error.ts';
import {
  InstanceConnection,
  type InstanceConnectionOptions,
  type Opened,
} from './instance-connection.ts';
import { openSockets } from './sockets.ts';

export interface AttemptOptions extends Omit<InstanceConnectionOptions, 'endpoint' | 'sockets'> {
  /** Resolves when everything is loaded that a connection needs. Called once an instance has accepted a connection. */
  ready(): Promise<unknown>;
}

/** Failures that trying another address can't fix. */
const FINAL: ReadonlySet<FailureCode> = new Set([
  'OUT_OF_DESCRIPTORS',
  'PROCESS_GONE',
  'SUPERSEDED',
  'UNAUTHORIZED',
]);

/**
 * One attempt to connect to an instance, and the connection if it succeeds. Every address is dialled first; nothing else is
 * made before the instance accepts. `open` once, then any number of `ping`, then `close`.
 */
export class Attempt {
  readonly #options: AttemptOptions;
  #abortDial: (() => void) | null = null;
  #connection: InstanceConnection | null = null;
  #closed = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  /** Connects at whichever address answers. Never rejects. */
  async open(): Promise<Opened | Failure> {
    let first: Failure | null = null;
    for (const endpoint of endpointsOf(this.#options.registration)) {
      const outcome = await this.#openAt(endpoint);
      if ('peer' in outcome) return outcome;
      const isFinal = FINAL.has(outcome.code);
      if (outcome.code === 'OUT_OF_DESCRIPTORS') this.#options.streams.runShort();
      // A server that refuses the session says more than a port on which nobody listens.
      if (first === null || isFinal || first.code === 'CONNECTION_REFUSED') first = outcome;
      if (this.#closed || isFinal) break;
    }
    return first ?? { code: 'CONNECTION_REFUSED', message: 'no address to try' };
  }

  /** Resolves as {@link InstanceConnection.ping} does; never before the connection is open. */
  ping(): Promise<number> {
    return this.#connection?.ping() ?? new Promise(() => {});
  }

  /** Ends the attempt or the session. Resolves when the instance has answered, after a second at most. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#abortDial?.();
    await this.#connection?.close();
  }

  async #openAt(endpoint: Endpoint): Promise<Opened | Failure> {
    const { guard, ready } = this.#options;
    const refusal = guard();
    if (refusal !== null) return refusal;
    const dialled = await new Promise<Socket | Failure>((resolve) => {
      this.#abortDial = dial(endpoint, resolve);
    });
    if (!(dialled instanceof Socket)) return dialled;
    await ready();
    if (this.#closed) {
      dialled.destroy();
      return CLOSED;
    }
    void this.#connection?.close();
    const sockets = openSockets(guard, dialled);
    this.#connection = new InstanceConnection({ ...this.#options, endpoint, sockets });
    try {
      return await this.#connection.open();
    } catch (error) {
      const failure = failureOf(error);
      // The port accepted a connection before, so this attempt counts as a failed one, unlike a port that refuses.
      return failure.code === 'CONNECTION_REFUSED'
        ? { code: 'CONNECTION_LOST', message: failure.message }
        : failure;
    }
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ExchangeError) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'PROTOCOL_ERROR', message: shown(message) };
}
