import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from './gate.ts';

/** Largest body that is taken from a client, in bytes. */
const LONGEST = 64 * 2 ** 20;

/**
 * The JSON value in the body of a request. Resolves with undefined when there is none to go on with: it has been answered
 * (400, 413), or the client has hung up.
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      bytes += chunk.length;
      // The rest is read, so that the answer can be: the time for it is limited.
      if (bytes <= LONGEST) chunks.push(chunk);
      else chunks.length = 0;
    }
  } catch {
    return undefined;
  }
  if (bytes > LONGEST) {
    refuse(response, 413, `The body has ${bytes} bytes, more than ${LONGEST}`);
    return undefined;
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    refuse(response, 400, 'Parse error: Invalid JSON', -32700);
    return undefined;
  }
}
