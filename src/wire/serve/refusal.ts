import type { ServerResponse } from 'node:http';
import { RPC_CODE } from '../answer.ts';

/** Why a request is refused, as the response says it. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  readonly message: string;
  /**
   * JSON-RPC error code.
   * @defaultValue -32000
   */
  readonly code?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a JSON-RPC error without an id, as MCP servers do. */
export function refuse(
  response: ServerResponse,
  { status, message, code = RPC_CODE.hub, headers = {} }: Refusal,
): void {
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null });
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': length,
    ...headers,
  });
  response.end(body);
}
