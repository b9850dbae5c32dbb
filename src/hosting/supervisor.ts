import { RestartBudget } from './restart-budget.ts';
import { StdioServer, type StdioServerOptions } from './stdio-server.ts';

/** Starts the servers of one command, and ends them. */
export class Supervisor {
  /** Resolves, with the last words of the last one, when servers have ended by themselves too often. */
  readonly givenUp: Promise<string>;
  readonly #options: StdioServerOptions;
  readonly #budget = new RestartBudget();
  readonly #servers = new Set<StdioServer>();
  #giveUp: (lastWords: string) => void = () => {};

  constructor(options: StdioServerOptions) {
    this.#options = options;
    this.givenUp = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
  }

  /** Starts one more. That it can't be started, its end says. */
  start(): StdioServer {
    const server = new StdioServer(this.#options);
    this.#servers.add(server);
    void server.ended.then(() => {
      this.#servers.delete(server);
      if (server.isAskedFor || this.#budget.spend(Date.now())) return;
      this.#giveUp(server.lastWords);
    });
    return server;
  }

  /** Resolves when all have ended. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#servers, (server) => server.stop()));
  }

  /** Ends all at once, also while the process exits. */
  kill(): void {
    for (const server of this.#servers) server.kill();
  }
}
