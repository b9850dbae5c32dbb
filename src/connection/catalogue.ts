import type { Catalogue, Failure, JsonObject } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import { RPC_CODE } from '../wire/answer.ts';
import { ExchangeError } from '../wire/exchange-error.ts';
import { objectsOf, stringOf } from '../wire/json.ts';
import { RpcError } from '../wire/session/reply.ts';
import type { Session } from '../wire/session/session.ts';
import { CatalogueBudget } from './catalogue-budget.ts';

/** What an instance offers, and why that is incomplete, if it is. */
export interface CatalogueFound {
  readonly catalogue: Catalogue;
  readonly shortfall: Failure | null;
}

/**
 * Reads all pages of everything that an instance offers, within the budgets. What exceeds them is left out and reported as
 * `shortfall`. A list that the instance doesn't know or refuses is empty. Rejects with {@link ExchangeError} when the
 * connection fails, the instance can't answer now, or `signal` ends it.
 */
export async function readCatalogue(
  session: Pick<Session, 'request'>,
  capabilities: JsonObject,
  signal: AbortSignal = AbortSignal.timeout(BUDGETS.catalogueTime.value),
): Promise<CatalogueFound> {
  const budget = new CatalogueBudget();
  const offers = (capability: string) => capability in capabilities;
  const read = (method: string, key: string) => readList(session, method, key, budget, signal);
  const [tools, resources, resourceTemplates, prompts] = await Promise.all([
    // Read even if not announced: old servers have tools without announcing them.
    read('tools/list', 'tools'),
    offers('resources') ? read('resources/list', 'resources') : [],
    offers('resources') ? read('resources/templates/list', 'resourceTemplates') : [],
    offers('prompts') ? read('prompts/list', 'prompts') : [],
  ]);
  return {
    catalogue: { tools, resources, resourceTemplates, prompts },
    shortfall: budget.shortfall,
  };
}

async function readList(
  session: Pick<Session, 'request'>,
  method: string,
  key: string,
  budget: CatalogueBudget,
  signal: AbortSignal,
): Promise<JsonObject[]> {
  const pages: JsonObject[][] = [];
  let cursor: string | null = null;
  while (budget.takePage(method)) {
    try {
      let size = 0;
      const onSize = (length: number) => {
        size = length;
      };
      const params: JsonObject = cursor === null ? {} : { cursor };
      const result: JsonObject = await session.request(method, params, { signal, onSize });
      const items = objectsOf(result[key]);
      pages.push(items.slice(0, budget.take(method, size, items.length)));
      const next = stringOf(result['nextCursor']);
      if (next === null || next === cursor) break;
      cursor = next;
    } catch (error) {
      if (signal.aborted) throw error;
      if (isTooLarge(error)) budget.exceed(method, error.message);
      else if (!(error instanceof RpcError)) throw error;
      else if (isTemporary(method, error)) {
        const message = `answered HTTP ${error.status} to ${method}: ${error.message}`;
        throw new ExchangeError({ code: 'HTTP_ERROR', message }, error.status);
      }
      break;
    }
  }
  return pages.flat();
}

function isTooLarge(error: unknown): error is ExchangeError {
  return error instanceof ExchangeError && error.failure.code === 'ANSWER_TOO_LARGE';
}

/** Whether the server can't answer now, for instance because it is starting, so that its offer is unknown. */
function isTemporary(method: string, { status, code }: RpcError): boolean {
  if (status === null || status < 500 || code === RPC_CODE.methodNotFound) return false;
  // Some servers always fail at a list for which they have nothing. But without tools no server is of use.
  return status > 500 || method === 'tools/list';
}
