import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { RPC_CODE } from '../answer.ts';
import { isObject, objectOf, parseJson } from '../json.ts';
import { messageTexts, type RpcMessage, type RpcRequest, readRpcMessage } from '../rpc-message.ts';
import type { Refusal } from './refusal.ts';

/** Messages that a batch may have, as with the official SDK. */
const LONGEST_BATCH = 100;

/**
 * Reads the body of a request as text. Resolves with a refusal (413) when it has more than `maxBytes`, and with null when the
 * client has hung up.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<string | Refusal | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    // The rest is read and dropped, so that the client can read the answer: the time for it is limited.
    if (bytes <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  });
  try {
    await once(request, 'end');
  } catch {
    return null;
  }
  if (bytes > maxBytes) {
    return { status: 413, message: `The body has ${bytes} bytes, more than ${maxBytes}` };
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The messages in a body, or why it is refused (400). */
export function readMessages(body: string): readonly RpcMessage[] | Refusal {
  const batch = messageTexts(body, LONGEST_BATCH);
  if (batch === null) return invalidJson();
  if (batch.isTooLong) {
    return invalidRequest(`Batch must not exceed ${LONGEST_BATCH} messages`);
  }
  const messages: RpcMessage[] = [];
  for (const text of batch.texts) {
    const message = readRpcMessage(text);
    if (message === null) return parseJson(body) === undefined ? invalidJson() : invalidMessage();
    messages.push(message);
  }
  return messages;
}

/** The `initialize` among the messages, if it has what MCP demands of it. */
export function initializeIn(messages: readonly RpcMessage[]): RpcRequest | null {
  for (const message of messages) {
    if (message.kind === 'request' && isInitialize(message)) return message;
  }
  return null;
}

/** Refuses what isn't JSON-RPC as MCP uses it. */
export function invalidRequest(message: string): Refusal {
  return { status: 400, message: `Invalid Request: ${message}`, code: RPC_CODE.invalidRequest };
}

function invalidJson(): Refusal {
  return { status: 400, message: 'Parse error: Invalid JSON', code: RPC_CODE.parseError };
}

function invalidMessage(): Refusal {
  const message = 'Parse error: Invalid JSON-RPC message';
  return { status: 400, message, code: RPC_CODE.parseError };
}

function isInitialize({ method, text }: RpcRequest): boolean {
  if (method !== 'initialize') return false;
  const params = objectOf(objectOf(parseJson(text))['params']);
  const { name, version } = objectOf(params['clientInfo']);
  return (
    isObject(params['capabilities']) &&
    [params['protocolVersion'], name, version].every((each) => typeof each === 'string')
  );
}
