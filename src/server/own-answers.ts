import { HubError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { errorFrame, failureFrame, RPC_CODE } from '../wire/answer.ts';
import type { AgentRequest } from './agent-request.ts';
import type { BacklogPort, OutflowPort } from './ports.ts';

export interface OwnAnswersOptions {
  /** Resolves when start-up discovery has settled. Called at most once. */
  settled(): Promise<void>;
  readonly outflow: OutflowPort;
  readonly backlog: Pick<BacklogPort, 'count'>;
  toAgent(frame: string): void;
  /** A request has ended, answered or not. */
  onOver(): void;
  readonly log: Logger;
}

/** How many answers are started in one turn of the event loop. */
const AT_ONCE = 16;

/** The requests of an agent that the hub answers itself. */
export class OwnAnswers {
  readonly #options: OwnAnswersOptions;
  readonly #running = new Map<string, AbortController>();
  #settling: Promise<void> | null = null;
  #hasSettled = false;
  /** How many answers were started in this turn of the event loop, and a promise for its end. */
  #begun = 0;
  #turn: Promise<void> | null = null;

  constructor(options: OwnAnswersOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Set when enough answers were started in this turn of the event loop. No more are started until this is fulfilled. */
  get crowd(): Promise<void> | undefined {
    return this.#begun < AT_ONCE ? undefined : this.#nextTurn();
  }

  /** Runs `answer`, if needed after start-up has settled. Errors that it throws become the answer to the request. */
  run(
    { rawId, method }: AgentRequest,
    afterDiscovery: boolean,
    answer: (signal: AbortSignal) => void | Promise<void>,
  ): void {
    const controller = new AbortController();
    const { signal } = controller;
    this.#running.set(rawId, controller);
    this.#options.backlog.count(1);
    const wait = afterDiscovery && !this.#hasSettled ? this.#settle() : null;
    const run = async () => {
      if (wait !== null) await wait;
      // Awaited only if needed, so that other requests are answered at once.
      for (let hold = this.#hold; hold !== undefined; hold = this.#hold) await hold;
      this.#begin();
      if (!signal.aborted) await answer(signal);
    };
    run()
      .catch((error: unknown) => {
        if (!signal.aborted) this.#sendFailure(rawId, method, error);
      })
      .finally(() => {
        if (this.#running.get(rawId) === controller) this.#running.delete(rawId);
        this.#options.backlog.count(-1);
        this.#options.onOver();
      });
  }

  /** Set while no answer may be started. Fulfilled when one may. */
  get #hold(): Promise<void> | undefined {
    return this.#options.outflow.behind ?? this.crowd;
  }

  #begin(): void {
    if (this.#begun === 0) void this.#nextTurn();
    this.#begun += 1;
  }

  #nextTurn(): Promise<void> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = null;
        this.#begun = 0;
        resolve();
      });
    });
    return this.#turn;
  }

  /** Cancels the answer to the request `rawId`. */
  cancel(rawId: string): void {
    this.#running.get(rawId)?.abort();
    this.#running.delete(rawId);
  }

  cancelAll(): void {
    for (const rawId of this.#running.keys()) this.cancel(rawId);
  }

  #settle(): Promise<void> {
    this.#settling ??= this.#options.settled().then(() => {
      this.#hasSettled = true;
    });
    return this.#settling;
  }

  #sendFailure(rawId: string, method: string, error: unknown): void {
    const { toAgent, log } = this.#options;
    if (error instanceof HubError) {
      toAgent(failureFrame(rawId, method, error));
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    log.error('a request failed because of a bug in the hub', { method, error: message });
    toAgent(errorFrame(rawId, RPC_CODE.internalError, message));
  }
}
