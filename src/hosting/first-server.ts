import type { JSONRPCMessage, RequestId, Result } from '@modelcontextprotocol/sdk/types.js';
import { RPC_CODE } from '../wire/answer.ts';
import { type Answer, ListCache } from './list-cache.ts';
import { OWN_PARAMS, type ServerStart, type Supervisor } from './supervisor.ts';

/** Milliseconds that a server has to answer a second `initialize`; some never do. */
const AGAIN = 2_000;

/** Milliseconds before a start that failed is repeated: doubled each time, up to the cap. */
const RETRY_BASE = 500;
const RETRY_CAP = 30_000;

/** Hears of the first server on behalf of a client without a process of its own. */
export interface FirstServerListener {
  /** A notification that a list has changed. */
  onListChanged(method: string): void;
  /** It was restarted, and introduces itself differently now. */
  onReplaced(): void;
}

/**
 * The first process of a command. It answers what doesn't depend on who asks, for all clients that have no process of
 * their own: `initialize`, lists and pings. It is started again when it ends.
 */
export class FirstServer {
  readonly #supervisor: Supervisor;
  readonly #waiting = new Map<RequestId, (answer: Answer) => void>();
  readonly #listeners = new Set<FirstServerListener>();
  readonly #lists = new ListCache();
  /** Answers to `initialize` for other protocol versions. */
  readonly #versions = new Map<string, Promise<Result>>();
  /** The process, once it has answered `initialize`. */
  #ready: Promise<ServerStart>;
  #introduced: Result;
  #failures = 0;
  #lastId = 0;

  /** `first` has answered with `introduced`. */
  constructor(supervisor: Supervisor, first: ServerStart, introduced: Result) {
    this.#supervisor = supervisor;
    this.#introduced = introduced;
    this.#ready = Promise.resolve(first);
    this.#use(first);
  }

  /**
   * The result of `initialize` for a protocol version. For a version that it hasn't been asked for, the process is asked
   * once more. Rejects when it won't answer that, or can't be started again.
   */
  async initialize(version: unknown): Promise<Result> {
    await this.#running();
    const { protocolVersion } = this.#introduced;
    if (version === OWN_PARAMS['protocolVersion'] || version === protocolVersion) {
      return this.#introduced;
    }
    if (typeof version !== 'string') throw new Error('initialize names no protocol version');
    const known = this.#versions.get(version);
    if (known !== undefined) return known;
    const asked = this.#initializeAgain(version);
    // A refusal is kept, too, until the process is another: who asks next need not wait for it.
    this.#versions.set(version, asked);
    return asked;
  }

  /** The answer to a list request; from memory where the server says when its lists change. */
  list(method: string, params: object): Promise<Answer> {
    const isAnnounced = ListCache.isAnnounced(method, this.#introduced['capabilities']);
    const ask = () => this.#ask(method, params);
    return isAnnounced ? this.#lists.get(method, params, ask) : ask();
  }

  /** The answer to a ping. */
  ping(): Promise<Answer> {
    return this.#ask('ping', {});
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: FirstServerListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async #initializeAgain(version: string): Promise<Result> {
    const answered = this.#ask('initialize', { ...OWN_PARAMS, protocolVersion: version });
    void answered.then((answer) => {
      // It may come too late for whoever asked first.
      if ('result' in answer) this.#versions.set(version, Promise.resolve(answer.result));
    });
    // Right behind it: some servers take no other request before they have had this.
    this.#notifyInitialized(await this.#running());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer to a second initialize')), AGAIN);
    });
    const answer = await Promise.race([answered, late]).finally(() => clearTimeout(timer));
    if ('error' in answer) throw new Error(answer.error.message);
    return answer.result;
  }

  /** The process that answers, as soon as there is one. */
  async #running(): Promise<ServerStart> {
    for (;;) {
      const start = await this.#ready;
      if (start.server.end === null) return start;
      if (this.#supervisor.isStopped) throw new Error(start.server.lastWords);
    }
  }

  /** Sends a request, as soon as there is a process to send it to. */
  async #ask(method: string, params: object): Promise<Answer> {
    try {
      const { server } = await this.#running();
      this.#lastId += 1;
      const id = this.#lastId;
      return await new Promise((resolve) => {
        this.#waiting.set(id, resolve);
        server.send({ jsonrpc: '2.0', id, method, params: { ...params } });
      });
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  }

  #use(start: ServerStart): void {
    const { server } = start;
    server.listen((message) => this.#receive(message, start));
    this.#notifyInitialized(start);
    void server.ended.then(() => {
      for (const resolve of this.#waiting.values()) resolve(failed(server.lastWords));
      this.#waiting.clear();
      if (!this.#supervisor.isStopped) this.#restart();
    });
  }

  #notifyInitialized({ server }: ServerStart): void {
    server.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  #restart(): void {
    this.#versions.clear();
    const start = this.#supervisor.start();
    this.#ready = start.answered.then((introduced) => {
      this.#failures = 0;
      this.#replace(start, introduced);
      return start;
    });
    this.#ready.catch(() => {
      const delay = Math.min(RETRY_BASE * 2 ** this.#failures, RETRY_CAP);
      this.#failures += 1;
      setTimeout(() => {
        if (!this.#supervisor.isStopped) this.#restart();
      }, delay).unref();
    });
  }

  #replace(start: ServerStart, introduced: Result): void {
    const isSame = JSON.stringify(introduced) === JSON.stringify(this.#introduced);
    this.#introduced = introduced;
    this.#use(start);
    const changed = this.#lists.clear();
    for (const listener of [...this.#listeners]) {
      if (!isSame) listener.onReplaced();
      else for (const method of changed) listener.onListChanged(method);
    }
  }

  #receive(message: JSONRPCMessage, { server }: ServerStart): void {
    if (!('method' in message)) {
      const { id } = message;
      if (id === undefined) return;
      this.#waiting.get(id)?.(
        'error' in message ? { error: message.error } : { result: message.result },
      );
      this.#waiting.delete(id);
    } else if ('id' in message) {
      const { id, method } = message;
      // No client is behind it: it was offered no capabilities.
      const error = { code: RPC_CODE.methodNotFound, message: `${method} is not answered here` };
      server.send({ jsonrpc: '2.0', id, ...(method === 'ping' ? { result: {} } : { error }) });
    } else if (this.#lists.forget(message.method)) {
      for (const listener of [...this.#listeners]) listener.onListChanged(message.method);
    }
  }
}

function failed(message: string): Answer {
  return { error: { code: RPC_CODE.internalError, message } };
}
