import { errorFrame, notificationFrame, RPC_CODE, resultFrame } from '../wire/answer.ts';
import { textAt } from '../wire/envelope.ts';
import { parseJson, stringOf } from '../wire/json.ts';
import { replaceAt } from '../wire/json-edit.ts';
import {
  idAt,
  type RpcAnswer,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
} from '../wire/rpc-message.ts';
import type { Backend, Backends, Client } from './backends.ts';
import { answerWith, errorAnswer } from './message.ts';
import type { StdioServer } from './stdio-server.ts';
import { Subscribers } from './subscribers.ts';
import type { ServerStart } from './supervisor.ts';

/** Milliseconds for which all clients wait for one that doesn't read. */
const PATIENCE = 5_000;

/** A request to the shared server: its client, and the client's id and progress token for it. */
interface Asked {
  readonly client: Client;
  readonly id: string;
  readonly token: string | null;
  /** The resource that it subscribes to, or null. */
  readonly subscribes: string | null;
}

/**
 * One server for all clients. Requests get unique ids and progress tokens; everything else is passed on unchanged. The
 * server is offered no capabilities, because its requests don't say which client they are for.
 */
export class SharedBackends implements Backends {
  readonly #start: () => ServerStart;
  readonly #asked = new Map<string, Asked>();
  readonly #clients = new Set<Client>();
  /** The clients that don't read. */
  readonly #holding = new Set<Client>();
  readonly #subscribers = new Subscribers<Client>();
  #running: ServerStart | null = null;
  #lastId = 0;

  constructor(start: () => ServerStart, first: ServerStart) {
    this.#start = start;
    this.#run(first);
  }

  open({ id }: RpcRequest, client: Client): Backend {
    const { server, answered } = this.#running ?? this.#run(this.#start());
    this.#clients.add(client);
    answered.then(
      ({ result }) => client.onMessage(answerWith(id, { isError: false, raw: result })),
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
        server.send(notificationFrame('notifications/initialized'));
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

  #pass(message: RpcMessage, client: Client, server: StdioServer): void {
    // Answers are dropped: the server was offered no capabilities, so it has no open requests.
    if (message.kind === 'answer') return;
    if (message.kind === 'request') this.#request(message, client, server);
    else if (message.method === 'notifications/cancelled') {
      const id = idAt(message.text, 'params', 'requestId');
      const isMeant = (asked: Asked) => asked.client === client && asked.id === id;
      this.#cancel(server, isMeant, message.text);
    } else if (message.method !== 'notifications/initialized') server.send(message.text);
  }

  #request(message: RpcRequest, client: Client, server: StdioServer): void {
    const { id, method, text } = message;
    const own = this.#nextId();
    const token = idAt(text, 'params', '_meta', 'progressToken');
    const renamed = renamedRequest(message, token, own);
    if (renamed === null) {
      client.onMessage(errorAnswer(id, 'a member of the request is there twice'));
      return;
    }
    const uri = uriIn(text);
    if (!this.#subscribers.note(method, uri, client)) {
      client.onMessage(answerWith(id, { isError: false, raw: '{}' }));
      return;
    }
    const subscribes = method === 'resources/subscribe' ? uri : null;
    this.#asked.set(own, { client, id, token, subscribes });
    server.send(renamed);
  }

  #nextId(): string {
    this.#lastId += 1;
    return String(this.#lastId);
  }

  /** Cancels requests at the server, with the client's own notification if there is one. */
  #cancel(server: StdioServer, isMeant: (asked: Asked) => boolean, said?: string): void {
    for (const [id, asked] of this.#asked) {
      if (!isMeant(asked)) continue;
      this.#asked.delete(id);
      const renamed = said === undefined ? null : replaceAt(said, ['params', 'requestId'], id);
      const params = { requestId: Number(id) };
      server.send(renamed ?? notificationFrame('notifications/cancelled', params));
    }
  }

  #hear(message: RpcMessage, server: StdioServer): void {
    if (message.kind === 'answer') this.#answer(message);
    else if (message.kind === 'notification') this.#announce(message);
    else {
      const { id, method } = message;
      const refusal = 'a shared server cannot send requests to clients';
      server.send(
        method === 'ping' ? resultFrame(id, {}) : errorFrame(id, RPC_CODE.methodNotFound, refusal),
      );
    }
  }

  #answer(message: RpcAnswer): void {
    const asked = message.id === null ? undefined : this.#asked.get(message.id);
    if (message.id === null || asked === undefined) return;
    const { client, id, subscribes } = asked;
    this.#asked.delete(message.id);
    if (message.isError && subscribes !== null) {
      this.#subscribers.note('resources/unsubscribe', subscribes, client);
    }
    const text = replaceAt(message.text, ['id'], id);
    client.onMessage(
      text === null
        ? errorAnswer(id, 'the server answered with two ids')
        : { ...message, id, text },
    );
  }

  /** Passes a notification of the server to the clients that it concerns. */
  #announce(message: RpcNotification): void {
    const { method, text } = message;
    if (method === 'notifications/cancelled') return;
    if (method === 'notifications/progress') {
      const asked = this.#asked.get(idAt(text, 'params', 'progressToken') ?? '');
      if (asked === undefined || asked.token === null) return;
      const renamed = replaceAt(text, ['params', 'progressToken'], asked.token);
      if (renamed !== null) asked.client.onMessage({ ...message, text: renamed });
      return;
    }
    const clients =
      method === 'notifications/resources/updated'
        ? this.#subscribers.of(uriIn(text))
        : this.#clients;
    for (const client of clients) client.onMessage(message);
  }

  #leave(client: Client, server: StdioServer): void {
    if (!this.#clients.delete(client)) return;
    this.#cancel(server, (asked) => asked.client === client);
    for (const uri of this.#subscribers.leave(client)) {
      const params = JSON.stringify({ uri });
      server.send(
        `{"jsonrpc":"2.0","id":${this.#nextId()},"method":"resources/unsubscribe","params":${params}}`,
      );
    }
  }
}

/**
 * The request with another id, which also replaces its progress token. Null if it has duplicate members: the server could
 * read another client's id.
 */
function renamedRequest(
  { text, isAmbiguous }: RpcRequest,
  token: string | null,
  id: string,
): string | null {
  if (isAmbiguous) return null;
  const renamed = replaceAt(text, ['id'], id);
  if (renamed === null || token === null) return renamed;
  return replaceAt(renamed, ['params', '_meta', 'progressToken'], id);
}

function uriIn(text: string): string | null {
  const raw = textAt(text, 'params', 'uri');
  return raw === null ? null : stringOf(parseJson(raw));
}
