import type { Catalogue, JsonObject } from '../../machines/model.ts';
import { objectsOf, stringOf } from '../wire/json.ts';
import { type RpcClient, RpcError } from '../wire/rpc-client.ts';

/** Pages that are read of one list: an instance whose cursors never end is not read for ever. */
const MAX_PAGES = 1_000;

/**
 * Reads all that an instance offers, over all pages. A list that the instance doesn't know or refuses is empty;
 * rejects only when the connection fails.
 */
export async function readCatalogue(rpc: RpcClient, capabilities: JsonObject): Promise<Catalogue> {
  const offers = (capability: string) => capability in capabilities;
  const none = Promise.resolve([]);
  const [tools, resources, resourceTemplates, prompts] = await Promise.all([
    // Asked for even when not announced: old servers have tools and say nothing.
    readList(rpc, 'tools/list', 'tools'),
    offers('resources') ? readList(rpc, 'resources/list', 'resources') : none,
    offers('resources') ? readList(rpc, 'resources/templates/list', 'resourceTemplates') : none,
    offers('prompts') ? readList(rpc, 'prompts/list', 'prompts') : none,
  ]);
  return { tools, resources, resourceTemplates, prompts };
}

async function readList(rpc: RpcClient, method: string, key: string): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    let result: JsonObject;
    try {
      result = await rpc.request(method, cursor === null ? {} : { cursor });
    } catch (error) {
      if (error instanceof RpcError) return items;
      throw error;
    }
    items.push(...objectsOf(result[key]));
    const next = stringOf(result['nextCursor']);
    if (next === null || next === cursor) break;
    cursor = next;
  }
  return items;
}
