import type { IncomingHttpHeaders } from 'node:http';
import { PROTOCOL_VERSIONS } from '../protocol-versions.ts';
import type { Refusal } from './refusal.ts';

/** Methods of Streamable HTTP. */
const METHODS = ['GET', 'POST', 'DELETE'];

/** Why a request with such a method isn't served; null: it is. */
export function refusalOfMethod(method: string | undefined): Refusal | null {
  if (method !== undefined && METHODS.includes(method)) return null;
  return { status: 405, message: 'Method not allowed.', headers: { allow: METHODS.join(', ') } };
}

/**
 * Why a request isn't served in view of what it accepts and has; null: it is.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#sending-messages-to-the-server
 */
export function refusalOfMedia(
  method: string | undefined,
  headers: IncomingHttpHeaders,
): Refusal | null {
  const { accept = '' } = headers;
  const acceptsEvents = accept.includes('text/event-stream');
  if (method === 'GET' && !acceptsEvents) {
    return { status: 406, message: 'Not Acceptable: Client must accept text/event-stream' };
  }
  if (method !== 'POST') return null;
  if (!acceptsEvents || !accept.includes('application/json')) {
    const message =
      'Not Acceptable: Client must accept both application/json and text/event-stream';
    return { status: 406, message };
  }
  if (!/^\s*application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    return {
      status: 415,
      message: 'Unsupported Media Type: Content-Type must be application/json',
    };
  }
  return null;
}

/** Why a request of an open session isn't served in view of the protocol version that it names; null: it is. */
export function refusalOfVersion(headers: IncomingHttpHeaders): Refusal | null {
  const version = headers['mcp-protocol-version'];
  if (version === undefined || PROTOCOL_VERSIONS.some((known) => known === version)) return null;
  const supported = PROTOCOL_VERSIONS.join(', ');
  const message = `Bad Request: Unsupported protocol version: ${version} (supported versions: ${supported})`;
  return { status: 400, message };
}
