import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Backend, Backends, Client } from './backends.ts';
import type { FirstServer } from './first-server.ts';
import type { InitializeParams } from './introduction.ts';
import { PrivateBackend } from './private-backend.ts';
import { SpareServers } from './spare-servers.ts';
import type { ServerStart } from './supervisor.ts';

/** A server for each client, from the first request that the first server can't answer for all of them. */
export class PrivateBackends implements Backends {
  readonly #start: (params: InitializeParams) => ServerStart;
  readonly #first: FirstServer;
  readonly #spares = new SpareServers();

  constructor(start: (params: InitializeParams) => ServerStart, first: FirstServer) {
    this.#start = start;
    this.#first = first;
  }

  open(initialize: JSONRPCRequest, client: Client): Backend {
    const { params = {} } = initialize;
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
