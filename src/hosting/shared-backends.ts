import type { JSONRPCMessage, JSONRPCRequest, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { RPC_CODE } from '../wire/answer.ts';
import type { Backend, Backends, Client } from './backends.ts';
import { errorAnswer } from './message.ts';
import type { StdioServer } from './stdio-server.ts';
import { Subscribers } from './subscribers.ts';
import type { ServerStart } from './supervisor.ts';

/** Milliseconds for which all wait for one that doesn't read. */
const PATIENCE = 5_000;

/** What a client asked of the shared server: by whom, under which id, and with which progress token. */
interface Asked {
  readonly client: Client;
  readonly id: RequestId;
  readonly token: RequestId | undefined;
  /** The resource that it subscribes to, or null. */
  readonly subscribes: unknown;
}

/**
 * One server for all clients. Requests get ids of their own, and progress tokens with them. Nobody can be asked: a question
 * of the server over its one stream says not whom it is for, so it is offered no capabilities.
 */
export class SharedBackends implements Backends {
  readonly #start: () => ServerStart;
  readonly #asked = new Map<RequestId, Asked>();
  readonly #clients = new Set<Client>();
  /** Those that don't read. */
  readonly #holding = new Set<Client>();
  readonly #subscribers = new Subscribers<Client>();
  #running: ServerStart | null = null;
  #lastId = 0;

  constructor(start: () => ServerStart, first: ServerStart) {
    this.#start = start;
    this.#run(first);
  }

  open({ id }: JSONRPCRequest, client: Client): Backend {
    const { server, answered } = this.#running ?? this.#run(this.#start());
    this.#clients.add(client);
    answered.then(
      (result) => client.onMessage({ jsonrpc: '2.0', id, result }),
      (error: Error) => client.onMessage(errorAnswer(id, error.message)),
    );
    return {
      send: (message) => {
        if (this.#clients.has(client)) this.#pass(message, client, server);
      },
      pause: () => {
        this.#holding.add(client);
        server.pause();
      },
      resume: () => this.#resume(client, server),
      patience: PATIENCE,
      leave: async () => {
        this.#resume(client, server);
        this.#leave(client, server);
      },
    };
  }

  #resume(client: Client, server: StdioServer): void {
    if (this.#holding.delete(client) && this.#holding.size === 0) server.resume();
  }

  #run(running: ServerStart): ServerStart {
    const { server, answered } = running;
    this.#running = running;
    answered.then(
      () => {
        server.listen((message) => this.#hear(message, server));
        server.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      },
      () => {},
    );
    void server.ended.then(() => {
      if (this.#running === running) this.#running = null;
      this.#asked.clear();
      this.#subscribers.clear();
      const clients = [...this.#clients];
      this.#clients.clear();
      if (!server.isAskedFor) for (const client of clients) client.onEnd(server.lastWords);
    });
    return running;
  }

  #pass(message: JSONRPCMessage, client: Client, server: StdioServer): void {
    // An answer: nothing was asked.
    if (!('method' in message)) return;
    const { method, params } = message;
    if ('id' in message) {
      if (!this.#subscribers.note(method, params?.['uri'], client)) {
        client.onMessage({ jsonrpc: '2.0', id: message.id, result: {} });
        return;
      }
      const token = params?._meta?.progressToken;
      const subscribes = method === 'resources/subscribe' ? params?.['uri'] : null;
      const id = this.#ask({ client, id: message.id, token, subscribes });
      const _meta = { ...params?._meta, progressToken: id };
      server.send({
        ...message,
        id,
        ...(token === undefined ? {} : { params: { ...params, _meta } }),
      });
    } else if (method === 'notifications/cancelled') {
      this.#cancel(
        server,
        (asked) => asked.client === client && asked.id === params?.['requestId'],
      );
    } else if (method !== 'notifications/initialized') {
      server.send(message);
    }
  }

  #ask(asked: Asked): number {
    this.#lastId += 1;
    this.#asked.set(this.#lastId, asked);
    return this.#lastId;
  }

  #cancel(server: StdioServer, isMeant: (asked: Asked) => boolean): void {
    for (const [requestId, asked] of this.#asked) {
      if (!isMeant(asked)) continue;
      this.#asked.delete(requestId);
      server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    }
  }

  #hear(message: JSONRPCMessage, server: StdioServer): void {
    if (!('method' in message)) {
      const { id } = message;
      const asked = id === undefined ? undefined : this.#asked.get(id);
      if (id === undefined || asked === undefined) return;
      this.#asked.delete(id);
      if ('error' in message && asked.subscribes !== null) {
        this.#subscribers.note('resources/unsubscribe', asked.subscribes, asked.client);
      }
      asked.client.onMessage({ ...message, id: asked.id });
    } else if ('id' in message) {
      const { id, method } = message;
      if (method === 'ping') server.send({ jsonrpc: '2.0', id, result: {} });
      else {
        const error = { code: RPC_CODE.methodNotFound, message: 'a shared server can ask nobody' };
        server.send({ jsonrpc: '2.0', id, error });
      }
    } else this.#announce(message);
  }

  /** A notification of the server, to whom it is for. */
  #announce(message: Extract<JSONRPCMessage, { method: string }>): void {
    const { method, params } = message;
    if (method === 'notifications/progress') {
      const token = params?.['progressToken'];
      const asked =
        typeof token === 'number' || typeof token === 'string' ? this.#asked.get(token) : undefined;
      asked?.client.onMessage({ ...message, params: { ...params, progressToken: asked.token } });
      return;
    }
    if (method === 'notifications/cancelled') return;
    const clients =
      method === 'notifications/resources/updated'
        ? this.#subscribers.of(params?.['uri'])
        : this.#clients;
    for (const client of clients) client.onMessage(message);
  }

  #leave(client: Client, server: StdioServer): void {
    if (!this.#clients.delete(client)) return;
    this.#cancel(server, (asked) => asked.client === client);
    for (const uri of this.#subscribers.leave(client)) {
      this.#lastId += 1;
      server.send({
        jsonrpc: '2.0',
        id: this.#lastId,
        method: 'resources/unsubscribe',
        params: { uri },
      });
    }
  }
}
