import type {
  JSONRPCMessage,
  JSONRPCRequest,
  RequestId,
  Result,
} from '@modelcontextprotocol/sdk/types.js';
import type { Backend, Client } from './backends.ts';
import type { FirstServer } from './first-server.ts';
import { type Answer, isListRequest } from './list-cache.ts';
import { errorAnswer } from './message.ts';
import { ReadLists } from './read-lists.ts';
import type { StdioServer } from './stdio-server.ts';
import type { ServerStart } from './supervisor.ts';

export interface PrivateBackendOptions {
  readonly first: FirstServer;
  readonly client: Client;
  /** Starts a process by the client's own `initialize`, or takes one that was kept. */
  start(): ServerStart;
  /** Keeps a process that is still starting for the next client. Resolves when this client need not wait for it. */
  keep(start: ServerStart): Promise<void>;
}

/**
 * One client's backend: the first server, as long as the client only initializes, lists and pings; a process of its own
 * from its first other request. What it sends while that process starts waits for it.
 */
export class PrivateBackend implements Backend {
  readonly patience = null;
  readonly #options: PrivateBackendOptions;
  readonly #lists = new ReadLists();
  /** List changes that wait until the client reads again; null: it reads. */
  #unread: Set<string> | null = null;
  #unsubscribe: () => void;
  #starting: ServerStart | null = null;
  #own: StdioServer | null = null;
  /** What waits for the client's own process. */
  #queue: JSONRPCMessage[] = [];
  #hasLeft = false;

  constructor(options: PrivateBackendOptions) {
    this.#options = options;
    this.#unsubscribe = options.first.subscribe({
      onListChanged: (method) => this.#announce(method),
      onReplaced: () => {
        const usesFirst = this.#own === null && this.#starting === null;
        if (usesFirst) this.#end('the server was restarted, and introduces itself differently');
      },
    });
  }

  /** Answers the client's `initialize`: as the first server did, or by a process of its own if that can't. */
  async initialize({ id, params }: JSONRPCRequest): Promise<void> {
    const { first } = this.#options;
    try {
      this.#reply(id, { result: await first.initialize(params?.['protocolVersion']) });
    } catch {
      if (this.#hasLeft) return;
      this.#startOwn().then(
        (result) => this.#reply(id, { result }),
        (error: Error) => this.#tell(errorAnswer(id, error.message)),
      );
    }
  }

  send(message: JSONRPCMessage): void {
    if (this.#own !== null && !this.#lists.continues(message)) this.#own.send(message);
    else if ('method' in message && 'id' in message) this.#request(message);
    else if ('method' in message) this.#notify(message.method, message);
  }

  pause(): void {
    if (this.#own === null) this.#unread ??= new Set();
    else this.#own.pause();
  }

  resume(): void {
    this.#own?.resume();
    const unread = this.#unread ?? [];
    this.#unread = null;
    for (const method of unread) this.#announce(method);
  }

  async leave(): Promise<void> {
    this.#hasLeft = true;
    this.#unsubscribe();
    this.#queue = [];
    if (this.#starting !== null) await this.#options.keep(this.#starting);
    await this.#own?.stop();
  }

  #request(message: JSONRPCRequest): void {
    const { id, method, params } = message;
    const { first } = this.#options;
    if (method === 'ping') void first.ping().then((answer) => this.#reply(id, answer));
    else if (isListRequest(method)) {
      const { _meta, ...asked } = params ?? {};
      void first.list(method, asked).then((answer) => {
        if ('result' in answer) this.#lists.note(method, asked['cursor'], answer.result);
        this.#reply(id, answer);
      });
    } else {
      this.#queue.push(message);
      if (this.#starting === null) this.#startOwn().catch(() => {});
    }
  }

  /** A notification, while there is no process of its own: it matters only to requests that wait. */
  #notify(method: string, message: JSONRPCMessage): void {
    if (method === 'notifications/initialized') return;
    if (method !== 'notifications/cancelled') {
      if (this.#starting !== null) this.#queue.push(message);
      return;
    }
    const cancelled = 'params' in message ? message.params?.['requestId'] : undefined;
    this.#queue = this.#queue.filter((each) => !('id' in each) || each.id !== cancelled);
  }

  /** Starts the client's own process. Requests that wait are sent to it, or answered with what went wrong. */
  async #startOwn(): Promise<Result> {
    const start = this.#options.start();
    this.#starting = start;
    try {
      const result = await start.answered;
      if (!this.#hasLeft) this.#use(start.server);
      return result;
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      this.#starting = null;
      for (const message of this.#queue.splice(0)) {
        if ('method' in message && 'id' in message) this.#tell(errorAnswer(message.id, told));
      }
      throw error;
    }
  }

  #use(server: StdioServer): void {
    this.#starting = null;
    this.#own = server;
    void server.ended.then(() => {
      if (!server.isAskedFor) this.#end(server.lastWords);
    });
    if (this.#unread !== null) server.pause();
    server.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    server.listen((message) => this.#hear(message));
    // A server may list other tools to a client that offers more.
    for (const message of [...this.#queue.splice(0), ...this.#lists.comparisons()]) {
      server.send(message);
    }
  }

  /** What the client's own process says. */
  #hear(message: JSONRPCMessage): void {
    const changed = this.#lists.compare(message);
    if (changed === undefined) this.#tell(message);
    else if (changed !== null) this.#tell({ jsonrpc: '2.0', method: changed });
  }

  #announce(method: string): void {
    if (this.#own !== null) return;
    if (this.#unread === null) this.#tell({ jsonrpc: '2.0', method });
    else this.#unread.add(method);
  }

  #reply(id: RequestId, answer: Answer): void {
    this.#tell({ jsonrpc: '2.0', id, ...answer });
  }

  #tell(message: JSONRPCMessage): void {
    if (!this.#hasLeft) this.#options.client.onMessage(message);
  }

  #end(lastWords: string): void {
    if (!this.#hasLeft) this.#options.client.onEnd(lastWords);
  }
}
