import type { Failure } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';

/** How much may still be read of the lists of one instance. */
export class CatalogueBudget {
  #bytes = BUDGETS.catalogueBytes.value;
  #items = BUDGETS.catalogueItems.value;
  #pages = BUDGETS.cataloguePages.value;
  #shortfall: string | null = null;

  /** Why something was left out, or null. */
  get shortfall(): Failure | null {
    return this.#shortfall === null ? null : { code: 'ANSWER_TOO_LARGE', message: this.#shortfall };
  }

  /** Counts a page before it is requested. Returns false if it exceeds the budget. */
  takePage(method: string): boolean {
    if (this.#shortfall !== null) return false;
    this.#pages -= 1;
    if (this.#pages >= 0) return true;
    this.exceed(method, `more than ${BUDGETS.cataloguePages.value} pages`);
    return false;
  }

  /** How many items may be kept of a page with this size in characters. */
  take(method: string, size: number, items: number): number {
    this.#bytes -= size;
    if (this.#bytes < 0) {
      this.exceed(method, `more than ${BUDGETS.catalogueBytes.value} bytes`);
      return 0;
    }
    const kept = Math.min(items, this.#items);
    this.#items -= kept;
    if (kept < items) this.exceed(method, `more than ${BUDGETS.catalogueItems.value} items`);
    return kept;
  }

  /** Ends reading: nothing more is read of any list. */
  exceed(method: string, what: string): void {
    this.#shortfall ??= `not everything that it offers is listed: ${method}: ${what}`;
  }
}
