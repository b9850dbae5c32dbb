import { notificationFrame } from '../wire/answer.ts';
import { textAt } from '../wire/envelope.ts';
import { parseJson, stringOf } from '../wire/json.ts';
import { withoutMember } from '../wire/json-edit.ts';
import {
  idAt,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
} from '../wire/rpc-message.ts';
import type { Backend, Client } from './backends.ts';
import type { FirstServer } from './first-server.ts';
import type { Introduction } from './introduction.ts';
import { isListRequest } from './list-cache.ts';
import { answerWith, errorAnswer, notification, type Outcome } from './message.ts';
import { ReadLists } from './read-lists.ts';
import type { StdioServer } from './stdio-server.ts';
import type { ServerStart } from './supervisor.ts';

export interface PrivateBackendOptions {
  readonly first: FirstServer;
  readonly client: Client;
  /** Starts a process with the client's own `initialize`, or reuses one that was kept. */
  start(): ServerStart;
  /** Keeps a process that is still starting for the next client. Resolves when this client needn't wait for it. */
  keep(start: ServerStart): Promise<void>;
}

/**
 * One client's backend: the first server as long as the client only initializes, lists and pings, and its own process from
 * its first other request. Messages that it sends while that process starts are queued.
 */
export class PrivateBackend implements Backend {
  readonly patience = null;
  readonly #options: PrivateBackendOptions;
  readonly #lists = new ReadLists();
  /** List changes held back until the client reads again. Null while it reads. */
  #unread: Set<string> | null = null;
  #unsubscribe: () => void;
  #starting: ServerStart | null = null;
  #own: StdioServer | null = null;
  /** Messages that are queued for the client's own process. */
  #queue: RpcMessage[] = [];
  #hasLeft = false;

  constructor(options: PrivateBackendOptions) {
    this.#options = options;
    this.#unsubscribe = options.first.subscribe({
      onListChanged: (method) => this.#announce(method),
      onReplaced: () => {
        const usesFirst = this.#own === null && this.#starting === null;
        if (usesFirst)
          this.#end('the server was restarted, and its answer to initialize has changed');
      },
    });
  }

  /** Answers the client's `initialize` from the first server or, if that can't, from the client's own process. */
  async initialize({ id, text }: RpcRequest): Promise<void> {
    const { first } = this.#options;
    const version = textAt(text, 'params', 'protocolVersion');
    try {
      const raw = await first.initialize(version === null ? null : stringOf(parseJson(version)));
      this.#reply(id, { isError: false, raw });
    } catch {
      if (this.#hasLeft) return;
      this.#startOwn().then(
        ({ result }) => this.#reply(id, { isError: false, raw: result }),
        (error: Error) => this.#tell(errorAnswer(id, error.message)),
      );
    }
  }

  send(message: RpcMessage): void {
    if (this.#own !== null && !this.#lists.continues(message)) this.#own.send(message.text);
    else if (message.kind === 'request') this.#request(message);
    else if (message.kind === 'notification') this.#notify(message);
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

  #request(message: RpcRequest): void {
    const { id, method, text } = message;
    const { first } = this.#options;
    if (method === 'ping') void first.ping().then((outcome) => this.#reply(id, outcome));
    else if (isListRequest(method)) {
      const params = withoutMember(textAt(text, 'params') ?? '{}', '_meta');
      void first.list(method, params).then((outcome) => {
        if (!outcome.isError) this.#lists.note(method, params, outcome.raw);
        this.#reply(id, outcome);
      });
    } else {
      this.#queue.push(message);
      if (this.#starting === null) this.#startOwn().catch(() => {});
    }
  }

  /** Handles a notification while the client has no process of its own: it concerns only queued requests. */
  #notify(message: RpcNotification): void {
    const { method, text } = message;
    if (method === 'notifications/initialized') return;
    if (method !== 'notifications/cancelled') {
      if (this.#starting !== null) this.#queue.push(message);
      return;
    }
    const cancelled = idAt(text, 'params', 'requestId');
    this.#queue = this.#queue.filter((each) => each.kind !== 'request' || each.id !== cancelled);
  }

  /** Starts the client's own process. Queued requests are then sent to it, or get an error if it fails. */
  async #startOwn(): Promise<Introduction> {
    const start = this.#options.start();
    this.#starting = start;
    try {
      const introduced = await start.answered;
      if (!this.#hasLeft) this.#use(start.server);
      return introduced;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#starting = null;
      for (const message of this.#queue.splice(0)) {
        if (message.kind === 'request') this.#tell(errorAnswer(message.id, reason));
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
    server.send(notificationFrame('notifications/initialized'));
    server.listen((message) => this.#hear(message));
    // Servers may list other tools to clients with more capabilities.
    const queued = this.#queue.splice(0).map(({ text }) => text);
    for (const text of [...queued, ...this.#lists.comparisons()]) server.send(text);
  }

  /** Handles a message of the client's own process. */
  #hear(message: RpcMessage): void {
    const changed = this.#lists.compare(message);
    if (changed === undefined) this.#tell(message);
    else if (changed !== null) this.#tell(notification(changed));
  }

  #announce(method: string): void {
    if (this.#own !== null) return;
    if (this.#unread === null) this.#tell(notification(method));
    else this.#unread.add(method);
  }

  #reply(id: string, outcome: Outcome): void {
    this.#tell(answerWith(id, outcome));
  }

  #tell(message: RpcMessage): void {
    if (!this.#hasLeft) this.#options.client.onMessage(message);
  }

  #end(lastWords: string): void {
    if (!this.#hasLeft) this.#options.client.onEnd(lastWords);
  }
}
