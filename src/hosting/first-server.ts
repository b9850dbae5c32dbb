import { isDeepStrictEqual } from 'node:util';
import { SELF } from '../self.ts';
import { errorFrame, notificationFrame, RPC_CODE, resultFrame } from '../wire/answer.ts';
import type { RpcMessage } from '../wire/rpc-message.ts';
import type { Introduction } from './introduction.ts';
import { ListCache } from './list-cache.ts';
import { messageOf, type Outcome, outcomeOf } from './message.ts';
import type { ServerStart, Supervisor } from './supervisor.ts';

/** Milliseconds that a server has to answer a second `initialize`. Some never do. */
const AGAIN = 2_000;

/** Milliseconds before a failed start is retried. Doubles each time, up to the cap. */
const RETRY_BASE = 500;
const RETRY_CAP = 30_000;

/** Gets notifications from the first server for a client without its own process. */
export interface FirstServerListener {
  /** A notification that a list has changed. */
  onListChanged(method: string): void;
  /** It was restarted, and its answer to `initialize` has changed. */
  onReplaced(): void;
}

/**
 * The first process of a command. For all clients without their own process, it answers the requests that don't depend on
 * the client: `initialize`, lists and pings. It is restarted when it ends.
 */
export class FirstServer {
  readonly #supervisor: Supervisor;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  readonly #listeners = new Set<FirstServerListener>();
  readonly #lists = new ListCache();
  /** Results of `initialize` for other protocol versions, as JSON text. */
  readonly #versions = new Map<string, Promise<string>>();
  /** The process, once it has answered `initialize`. */
  #ready: Promise<ServerStart>;
  #introduced: Introduction;
  #failures = 0;
  #lastId = 0;

  /** `first` has answered with `introduced`. */
  constructor(supervisor: Supervisor, first: ServerStart, introduced: Introduction) {
    this.#supervisor = supervisor;
    this.#introduced = introduced;
    this.#ready = Promise.resolve(first);
    this.#use(first);
  }

  /**
   * The result of `initialize` for a protocol version, as JSON text. For each new version, `initialize` is sent once more.
   * Rejects if the process doesn't answer that or can't be restarted.
   */
  async initialize(version: string | null): Promise<string> {
    await this.#running();
    const { result, facts } = this.#introduced;
    if (version === SELF.protocolVersion || version === facts['protocolVersion']) return result;
    if (version === null) throw new Error('initialize names no protocol version');
    const known = this.#versions.get(version);
    if (known !== undefined) return known;
    const asked = this.#initializeAgain(version);
    // Rejections are kept until the process is restarted, so that the next client needn't wait.
    this.#versions.set(version, asked);
    return asked;
  }

  /** The answer to a list request with `params`, a JSON text. Cached if the server announces changes of the list. */
  list(method: string, params: string): Promise<Outcome> {
    const isAnnounced = ListCache.isAnnounced(method, this.#introduced.facts['capabilities']);
    const ask = () => this.#ask(method, params);
    return isAnnounced ? this.#lists.get(method, params, ask) : ask();
  }

  /** The answer to a ping. */
  ping(): Promise<Outcome> {
    return this.#ask('ping', '{}');
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: FirstServerListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async #initializeAgain(version: string): Promise<string> {
    const params = JSON.stringify({ ...SELF, protocolVersion: version });
    const answered = this.#ask('initialize', params);
    void answered.then(({ isError, raw }) => {
      // The first caller may have given up before it rejects.
      if (!isError) this.#versions.set(version, Promise.resolve(raw));
    });
    // Sent immediately: some servers accept no other request before this.
    this.#notifyInitialized(await this.#running());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer to a second initialize')), AGAIN);
    });
    const outcome = await Promise.race([answered, late]).finally(() => clearTimeout(timer));
    if (outcome.isError) throw new Error(messageOf(outcome));
    return outcome.raw;
  }

  /** Resolves with the process once it runs. */
  async #running(): Promise<ServerStart> {
    for (;;) {
      const start = await this.#ready;
      if (start.server.end === null) return start;
      if (this.#supervisor.isStopped) throw new Error(start.server.lastWords);
    }
  }

  /** Sends a request once the process runs. */
  async #ask(method: string, params: string): Promise<Outcome> {
    try {
      const { server } = await this.#running();
      this.#lastId += 1;
      const id = String(this.#lastId);
      return await new Promise((resolve) => {
        this.#waiting.set(id, resolve);
        server.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
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
    server.send(notificationFrame('notifications/initialized'));
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

  #replace(start: ServerStart, introduced: Introduction): void {
    const isSame = isDeepStrictEqual(introduced.facts, this.#introduced.facts);
    this.#introduced = introduced;
    this.#use(start);
    const changed = this.#lists.clear();
    for (const listener of [...this.#listeners]) {
      if (!isSame) listener.onReplaced();
      else for (const method of changed) listener.onListChanged(method);
    }
  }

  #receive(message: RpcMessage, { server }: ServerStart): void {
    if (message.kind === 'answer') {
      if (message.id === null) return;
      this.#waiting.get(message.id)?.(outcomeOf(message));
      this.#waiting.delete(message.id);
    } else if (message.kind === 'request') {
      const { id, method } = message;
      // There is no client to ask, and no capabilities were offered.
      const reason = `${method} is not answered here`;
      server.send(
        method === 'ping' ? resultFrame(id, {}) : errorFrame(id, RPC_CODE.methodNotFound, reason),
      );
    } else if (this.#lists.forget(message.method)) {
      for (const listener of [...this.#listeners]) listener.onListChanged(message.method);
    }
  }
}

function failed(message: string): Outcome {
  return { isError: true, raw: JSON.stringify({ code: RPC_CODE.internalError, message }) };
}
