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

/** A server that has been started and sent `initialize`. */
export interface ServerStart {
  readonly server: StdioServer;
  /** The `params` of its `initialize`, as JSON text. */
  readonly params: string;
  /** Its answer to `initialize`. Rejects with the reason if that fails; the server is then being stopped. */
  readonly answered: Promise<Introduction>;
}

/** Signalbox's own `initialize` params. */
export const OWN_PARAMS = JSON.stringify(SELF);

/** Starts the servers of one command, and ends them. */
export class Supervisor {
  /** Resolves when servers have exited unexpectedly too often, with the last one's exit and stderr lines. */
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

  /** Whether no more servers are started. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Starts another server and sends it `initialize`. Failures are reported by `answered`. */
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

  /** Stops all servers. Resolves when they have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(Array.from(this.#servers, (server) => server.stop()));
  }

  /** Kills all servers immediately, even while the process exits. */
  kill(): void {
    for (const server of this.#servers) server.kill();
  }
}
