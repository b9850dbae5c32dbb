import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSameSecret } from '../same-secret.ts';
import { NONCE_HEADER } from '../wire/nonce.ts';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Stands before an MCP endpoint on loopback. A name that resolves to this machine may be another site's (DNS rebinding),
 * and a request another site's page's: `Host` and `Origin` must be loopback. Tokens are compared in constant time.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export class Gate {
  /** What every answer confirms; it stands in the registration. */
  readonly nonce = randomBytes(16).toString('base64url');
  /** What every request must bear, or null; it stands in the registration, too. */
  readonly token: string | null;

  constructor({ asksForToken }: { readonly asksForToken: boolean }) {
    this.token = asksForToken ? randomBytes(24).toString('base64url') : null;
  }

  /** As the registration has them. */
  get secrets(): { readonly nonce: string; readonly token?: string } {
    const { nonce, token } = this;
    return { nonce, ...(token === null ? {} : { token }) };
  }

  /** Whether a request may pass. One that may not has been answered. */
  admits({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const { token, nonce } = this;
    const { host = '', origin } = headers;
    if (!LOOPBACK.test(host)) return refuse(response, 403, 'wrong Host');
    if (origin !== undefined && !LOOPBACK.test(origin.replace(/^https?:\/\//, ''))) {
      return refuse(response, 403, 'wrong Origin');
    }
    if (token !== null && !isSameSecret(bearer(headers.authorization), token)) {
      response.setHeader('www-authenticate', 'Bearer');
      return refuse(response, 401, 'the token of the registration is required');
    }
    response.setHeader(NONCE_HEADER, nonce);
    return true;
  }
}

/** The scheme's name is in any case. */
function bearer(authorization: string | undefined): string {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** Answers with an error in the shape of JSON-RPC, as MCP servers do. */
export function refuse(
  response: ServerResponse,
  status: number,
  message: string,
  code = -32000,
): false {
  const error = { code, message };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
  return false;
}
