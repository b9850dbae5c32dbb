import type {
  JSONRPCMessage,
  JSONRPCRequest,
  RequestId,
  Result,
} from '@modelcontextprotocol/sdk/types.js';
import { RPC_CODE } from '../wire/answer.ts';
import { introduce } from './introduction.ts';
import { errorAnswer } from './message.ts';
import type { Guest, Seat, Seats } from './seats.ts';
import type { StdioServer } from './stdio-server.ts';
import { Subscribers } from './subscribers.ts';

/** Milliseconds for which all wait for one that doesn't read. */
const PATIENCE = 5_000;

/** What a client asked of the shared server: by whom, under which id, and with which progress token. */
interface Asked {
  readonly guest: Guest;
  readonly id: RequestId;
  readonly token: RequestId | undefined;
  /** The resource that it subscribes to, or null. */
  readonly subscribes: unknown;
}

interface Running {
  readonly server: StdioServer;
  readonly answer: Promise<Result>;
}

/**
 * One server for all clients. Requests get ids of their own, and progress tokens with them. Nobody can be asked: a question
 * of the server over its one stream says not whom it is for, so it is offered no capabilities.
 */
export class SharedSeats implements Seats {
  readonly #start: () => StdioServer;
  readonly #timeout: number;
  readonly #asked = new Map<RequestId, Asked>();
  readonly #guests = new Set<Guest>();
  /** Those that don't read. */
  readonly #holding = new Set<Guest>();
  readonly #subscribers = new Subscribers<Guest>();
  #running: Running | null = null;
  #lastId = 0;

  /** `timeout`: milliseconds that a new server has to answer `initialize`. */
  constructor(start: () => StdioServer, timeout: number, first: StdioServer, answer: Result) {
    this.#start = start;
    this.#timeout = timeout;
    this.#run(first, Promise.resolve(answer));
  }

  open({ id }: JSONRPCRequest, guest: Guest): Seat {
    const { server, answer } = this.#running ?? this.#restart();
    this.#guests.add(guest);
    answer.then(
      (result) => guest.onMessage({ jsonrpc: '2.0', id, result }),
      (error: Error) => guest.onMessage(errorAnswer(id, error.message)),
    );
    return {
      send: (message) => {
        if (this.#guests.has(guest)) this.#pass(message, guest, server);
      },
      hold: () => {
        this.#holding.add(guest);
        server.pause();
      },
      goOn: () => this.#goOn(guest, server),
      patience: PATIENCE,
      leave: async () => {
        this.#goOn(guest, server);
        this.#leave(guest, server);
      },
    };
  }

  #goOn(guest: Guest, server: StdioServer): void {
    if (this.#holding.delete(guest) && this.#holding.size === 0) server.resume();
  }

  #restart(): Running {
    const server = this.#start();
    return this.#run(server, introduce(server, this.#timeout));
  }

  #run(server: StdioServer, answer: Promise<Result>): Running {
    const running = { server, answer };
    this.#running = running;
    answer.then(
      () => {
        server.listen((message) => this.#hear(message, server));
        server.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
      },
      () => server.stop(),
    );
    void server.ended.then(() => {
      if (this.#running === running) this.#running = null;
      this.#asked.clear();
      this.#subscribers.clear();
      const guests = [...this.#guests];
      this.#guests.clear();
      if (!server.isAskedFor) for (const guest of guests) guest.onEnd(server.lastWords);
    });
    return running;
  }

  #pass(message: JSONRPCMessage, guest: Guest, server: StdioServer): void {
    // An answer: nothing was asked.
    if (!('method' in message)) return;
    const { method, params } = message;
    if ('id' in message) {
      if (!this.#subscribers.note(method, params?.['uri'], guest)) {
        guest.onMessage({ jsonrpc: '2.0', id: message.id, result: {} });
        return;
      }
      const token = params?._meta?.progressToken;
      const subscribes = method === 'resources/subscribe' ? params?.['uri'] : null;
      const id = this.#ask({ guest, id: message.id, token, subscribes });
      const _meta = { ...params?._meta, progressToken: id };
      server.send({
        ...message,
        id,
        ...(token === undefined ? {} : { params: { ...params, _meta } }),
      });
    } else if (method === 'notifications/cancelled') {
      this.#cancel(server, (asked) => asked.guest === guest && asked.id === params?.['requestId']);
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
        this.#subscribers.note('resources/unsubscribe', asked.subscribes, asked.guest);
      }
      asked.guest.onMessage({ ...message, id: asked.id });
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
      asked?.guest.onMessage({ ...message, params: { ...params, progressToken: asked.token } });
      return;
    }
    if (method === 'notifications/cancelled') return;
    const guests =
      method === 'notifications/resources/updated'
        ? this.#subscribers.of(params?.['uri'])
        : this.#guests;
    for (const guest of guests) guest.onMessage(message);
  }

  #leave(guest: Guest, server: StdioServer): void {
    if (!this.#guests.delete(guest)) return;
    this.#cancel(server, (asked) => asked.guest === guest);
    for (const uri of this.#subscribers.leave(guest)) {
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
