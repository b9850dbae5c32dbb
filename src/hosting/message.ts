import { type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Json } from '../../machines/model.ts';
import { RPC_CODE } from '../wire/answer.ts';
import { isObject, parseJson } from '../wire/json.ts';
import { idNear } from '../wire/line-reader.ts';

/** What JSON-RPC knows; the SDK's transport refuses what has more. */
const MEMBERS = ['jsonrpc', 'id', 'method', 'params', 'result', 'error'];

/** How much of each end of what is no JSON is looked at for its id, in characters. */
const ENDS = 4_096;

/**
 * The messages in a line of a stdio server: one, or those of a batch, as MCP had them in 2025-03-26. An answer that is no
 * proper one becomes an error for its request: somebody waits for it.
 */
export function readMessages(line: string): readonly JSONRPCMessage[] {
  const said = parseJson(line);
  if (said !== undefined) {
    const all: readonly Json[] = Array.isArray(said) ? said : [said];
    return all.flatMap((each) => messageOf(each) ?? []);
  }
  const [head, tail] = [line.slice(0, ENDS), line.slice(-ENDS)];
  const instead = answerInstead(head, tail, 'the server answered what can not be read');
  return instead === null ? [] : [instead];
}

function messageOf(said: Json): JSONRPCMessage | null {
  if (!isObject(said)) return null;
  const known = Object.fromEntries(Object.entries(said).filter(([key]) => MEMBERS.includes(key)));
  const { success, data } = JSONRPCMessageSchema.safeParse(known);
  if (success) return data;
  const { id, method } = said;
  if (method !== undefined || (typeof id !== 'number' && typeof id !== 'string')) return null;
  return errorAnswer(id, 'the server answered what is no JSON-RPC answer');
}

/**
 * An error for the request whose answer can't be taken, of which these are the ends; null when they are of no answer, or don't
 * say to which request.
 */
export function answerInstead(head: string, tail: string, message: string): JSONRPCMessage | null {
  if (/^\s*\{[^{[]*"method"\s*:/.test(head)) return null;
  const id = parseJson(idNear(head, tail));
  return typeof id === 'number' || typeof id === 'string' ? errorAnswer(id, message) : null;
}

/** An error that answers request `id` in the server's stead. */
export function errorAnswer(id: string | number, message: string): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code: RPC_CODE.internalError, message } };
}
