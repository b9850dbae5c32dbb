import type { JsonObject } from '../../machines/model.ts';
import { isObject, objectsOf, parseJson } from './json.ts';

/**
 * The JSON-RPC error in the body of a refusal, or null. Some servers send it as an event or as a batch of one; many omit
 * the id or set another content type.
 */
export function errorIn(body: string): JsonObject | null {
  const [, event] = /^data: ?(.*)$/m.exec(body) ?? [];
  const said = parseJson(body) ?? (event === undefined ? undefined : parseJson(event));
  const [first] = Array.isArray(said) ? objectsOf(said) : [said];
  return isObject(first) && isObject(first['error']) ? first['error'] : null;
}
