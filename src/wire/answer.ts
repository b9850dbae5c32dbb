import type { HubError } from '../errors.ts';

/** JSON-RPC's own error codes. @see https://www.jsonrpc.org/specification#error_object */
export const RPC_CODE = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** The hub's own errors. `error.data.code` names the error. */
  hub: -32000,
} as const;

/** A frame that answers a request with a result. `rawId` is the JSON text of its id. */
export function resultFrame(rawId: string, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${rawId},"result":${JSON.stringify(result)}}`;
}

/** A frame that answers a request with a JSON-RPC error. `rawId` is the JSON text of its id. */
export function errorFrame(rawId: string, code: number, message: string, data?: unknown): string {
  return `{"jsonrpc":"2.0","id":${rawId},"error":${JSON.stringify({ code, message, data })}}`;
}

/** A notification as a frame. */
export function notificationFrame(method: string, params?: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

/**
 * A frame that answers a request that failed in the hub: for `tools/call` a result that a model can read, otherwise, and for
 * a message over the limit, a JSON-RPC error.
 */
export function failureFrame(rawId: string, method: string, error: HubError): string {
  if (method !== 'tools/call' || error.code === 'MESSAGE_TOO_LARGE') {
    return errorFrame(rawId, RPC_CODE.hub, `${error.code}: ${error.message}`, error.toJSON());
  }
  return resultFrame(rawId, failureResult(error));
}

/** The tool result for a failure in the hub, as structured content and as text. */
export function failureResult(error: HubError) {
  const said = error.toJSON();
  return {
    content: [{ type: 'text', text: `${said.code}: ${said.message}\n${said.hint}` }],
    structuredContent: { error: said },
    isError: true,
  };
}
