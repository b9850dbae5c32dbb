import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSameSecret } from '../../same-secret.ts';
import { NONCE_HEADER } from '../nonce.ts';
import { type Refusal, refuse } from './refusal.ts';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Guards an MCP endpoint on loopback. The name in `Host` may resolve to this machine and still belong to another site (DNS
 * rebinding), and the page behind `Origin` may be another site's: both must be loopback. Tokens are compared in constant time.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
export class Gate {
  /** Every response confirms it; the registration has it too. */
  readonly nonce = randomBytes(16).toString('base64url');
  /** Every request must bear it; the registration has it too. Null: no token is needed. */
  readonly token: string | null;

  constructor({ asksForToken }: { readonly asksForToken: boolean }) {
    this.token = asksForToken ? randomBytes(24).toString('base64url') : null;
  }

  /** As the registration has them. */
  get secrets(): { readonly nonce: string; readonly token?: string } {
    const { nonce, token } = this;
    return { nonce, ...(token === null ? {} : { token }) };
  }

  /** Whether a request is admitted. One that isn't has been answered (401, 403). */
  admits({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const refusal = refusalOfOrigin(headers) ?? this.#refusalOfToken(headers.authorization);
    if (refusal === null) response.setHeader(NONCE_HEADER, this.nonce);
    else refuse(response, refusal);
    return refusal === null;
  }

  #refusalOfToken(authorization: string | undefined): Refusal | null {
    const { token } = this;
    if (token === null || isSameSecret(bearer(authorization), token)) return null;
    const message = 'the token of the registration is required';
    return { status: 401, message, headers: { 'www-authenticate': 'Bearer' } };
  }
}

function refusalOfOrigin({ host = '', origin }: IncomingMessage['headers']): Refusal | null {
  if (!LOOPBACK.test(host)) return { status: 403, message: 'wrong Host' };
  const isOrigin = origin === undefined || LOOPBACK.test(origin.replace(/^https?:\/\//, ''));
  return isOrigin ? null : { status: 403, message: 'wrong Origin' };
}

/** The token in an `Authorization` header. The name of the scheme is in any case. */
function bearer(authorization: string | undefined): string {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}
