import { SELF } from '../self.ts';
import { type Introduction, introduce } from './introduction.ts';
import { RestartBudget } from './restart-budget.ts';
import { StdioServer, type StdioServerOptions } from './stdio-server.ts';
import type { Watchdog } from './watchdog.ts';

export interface SupervisorOptions extends StdioServerOptions {
  /** Milliseconds that a server has to answer `initialize`. */
  readonly startTimeout: number;
  /** Ends the servers when this process is killed. */
  readonly watchdog: Watchdog;
  /** A server hasn't answered `initialize` after 2 s. */
  onSlow(): void;
}

/** A server that has been started, and asked to `initialize`. */
export interface ServerStart {
  readonly server: StdioServer;
  /** The `params` of its `initialize`, as JSON text. */
  readonly params: string;
  /** What it answered to `initialize`. Rejects with what went wrong, after the server has been told to end. */
  readonly answered: Promise<Introduction>;
}

/** How Signalbox itself introduces itself to a server. */
export const OWN_PARAMS = JSON.stringify(SELF);

/** Starts the servers of one command, and ends them. */
export class Supervisor {
  /** Resolves, with the last words of the last one, when servers have ended on their own too often. */
  readonly givenUp: Promise<string>;
  readonly #options: SupervisorOptions;
  readonly #budget = new RestartBudget();
  readonly #servers = new Set<StdioServer>();
  #giveUp: (lastWords: string) => void = () => {};
  #isStopped = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.givenUp = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
  }

  /** Whether nothing is started any more. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Starts one more server and sends it `initialize`. Whatever goes wrong, `answered` says. */
  start(params: string = OWN_PARAMS): ServerStart {
    const { startTimeout: timeout, onSlow, watchdog } = this.#options;
    const server = new StdioServer(this.#options);
    this.#servers.add(server);
    const release = watchdog.guard(server.pid);
    void server.ended.then(() => {
      release();
      this.#servers.delete(server);
      if (server.isAskedFor || this.#budget.spend(Date.now())) return;
      this.#isStopped = true;
      this.#giveUp(server.lastWords);
    });
    const answered = introduce(server, { params, timeout, onSlow });
    answered.catch(() => server.stop());
    return { server, params, answered };
  }

  /** Resolves when all have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(Array.from(this.#servers, (server) => server.stop()));
  }

  /** Ends all at once, also while the process exits. */
  kill(): void {
    for (const server of this.#servers) server.kill();
  }
}
