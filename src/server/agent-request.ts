import type { JsonObject } from '../../machines/model.ts';
import { objectOf, parseJson } from '../wire/json.ts';

/** A request of the agent. */
export interface AgentRequest {
  readonly frame: string;
  /** JSON text of the id. */
  readonly rawId: string;
  readonly method: string;
}

/** The params of a frame; empty when it has none. */
export function paramsOf(frame: string): JsonObject {
  return objectOf(objectOf(parseJson(frame))['params']);
}
