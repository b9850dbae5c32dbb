import { textAt } from '../wire/envelope.ts';
import type { RpcRequest } from '../wire/rpc-message.ts';
import type { Backend, Backends, Client } from './backends.ts';
import type { FirstServer } from './first-server.ts';
import { PrivateBackend } from './private-backend.ts';
import { SpareServers } from './spare-servers.ts';
import type { ServerStart } from './supervisor.ts';

/** Gives each client its own server from the first request that the shared first server can't answer. */
export class PrivateBackends implements Backends {
  readonly #start: (params: string) => ServerStart;
  readonly #first: FirstServer;
  readonly #spares = new SpareServers();

  constructor(start: (params: string) => ServerStart, first: FirstServer) {
    this.#start = start;
    this.#first = first;
  }

  open(initialize: RpcRequest, client: Client): Backend {
    const params = textAt(initialize.text, 'params') ?? '{}';
    const backend = new PrivateBackend({
      first: this.#first,
      client,
      start: () => this.#spares.take(params) ?? this.#start(params),
      keep: (start) => this.#spares.keep(start),
    });
    void backend.initialize(initialize);
    return backend;
  }
}
