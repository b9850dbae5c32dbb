import { BUDGETS } from '../budgets.ts';
import type { Call } from './call.ts';
import { asksForTask, tokenOfRequest } from './progress-token.ts';

/** The calls of one link that are not answered yet. Limits how many are carried at once; the others wait for a slot. */
export class Calls {
  readonly #byId = new Map<string, Call>();
  readonly #byToken = new Map<string, Call>();
  /** Progress tokens of calls that were answered with a task, whose progress goes on. */
  readonly #taskTokens = new Set<string>();
  readonly #waiting = new Set<Call>();
  readonly #onTurn: (call: Call) => void;
  readonly #onCount: (change: 1 | -1) => void;
  #carried = 0;

  /** `onTurn` is called with a call that waited once a slot is free for it, `onCount` when the number of calls changes. */
  constructor(onTurn: (call: Call) => void, onCount: (change: 1 | -1) => void) {
    this.#onTurn = onTurn;
    this.#onCount = onCount;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(rawId: string): Call | undefined {
    return this.#byId.get(rawId);
  }

  [Symbol.iterator](): IterableIterator<Call> {
    return this.#byId.values();
  }

  add(call: Call): void {
    this.#byId.set(call.rawId, call);
    this.#onCount(1);
    call.progressToken = tokenOfRequest(call.frame);
    if (call.progressToken !== null) this.#byToken.set(call.progressToken, call);
  }

  /** Removes a call that is answered, or whose answer is no longer wanted. */
  delete(call: Call): void {
    if (this.#byId.delete(call.rawId)) this.#onCount(-1);
    this.#waiting.delete(call);
    const token = call.progressToken;
    if (token === null) return;
    if (this.#byToken.get(token) === call) this.#byToken.delete(token);
    if (!asksForTask(call.frame)) return;
    this.#taskTokens.add(token);
    const [oldest] = this.#taskTokens;
    if (this.#taskTokens.size > BUDGETS.taskTokens.value && oldest !== undefined) {
      this.#taskTokens.delete(oldest);
    }
  }

  /** Whether a call or a task of this link has this progress token. Notes the time, for the call. */
  expectsProgress(token: string): boolean {
    const call = this.#byToken.get(token);
    if (call !== undefined) call.progressedAt = performance.now();
    return call !== undefined || this.#taskTokens.has(token);
  }

  /** The call whose progress is told under this token, or null: it is a task's, or nobody's. */
  withToken(token: string): Call | null {
    return this.#byToken.get(token) ?? null;
  }

  /** Takes a slot for a call. Returns false when all are taken; the call then gets its turn later. */
  takeSlot(call: Call): boolean {
    if (this.#carried >= BUDGETS.callsUnderWay.value) {
      this.#waiting.add(call);
      return false;
    }
    // A link that opens again sends every call it has, including those that wait for a slot.
    this.#waiting.delete(call);
    this.#carried += 1;
    call.holdSlot(() => {
      this.#carried -= 1;
      const [next] = this.#waiting;
      if (next === undefined) return;
      this.#waiting.delete(next);
      this.#onTurn(next);
    });
    return true;
  }

  /** No call waits for a slot any more: the link is away or closed. */
  clearQueue(): void {
    this.#waiting.clear();
  }
}
