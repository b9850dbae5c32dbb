import type { JSONRPCRequest, Result } from '@modelcontextprotocol/sdk/types.js';
import { SELF } from '../self.ts';
import type { StdioServer } from './stdio-server.ts';

const ID = 'signalbox:initialize';

/**
 * Asks a server to `initialize`, as hubs do, and nothing more. Resolves with its answer. Rejects with its last words when it ends, says
 * no, or hasn't answered within `timeout` milliseconds.
 */
export function introduce(server: StdioServer, timeout: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      const told = `no answer to initialize within ${timeout / 1_000} s: is it an MCP server?`;
      reject(new Error(server.withLastLines(told)));
    }, timeout);
    void server.ended.then(() => {
      clearTimeout(late);
      reject(new Error(server.lastWords));
    });
    server.listen((message) => {
      if (!('id' in message) || message.id !== ID) {
        server.keep(message);
        return;
      }
      clearTimeout(late);
      if ('method' in message) {
        reject(new Error('the command repeats what it reads: it is no MCP server'));
        return;
      }
      server.listen(null);
      if ('result' in message) resolve(message.result);
      else reject(new Error(`the server refused to initialize: ${message.error.message}`));
    });
    server.send(initializeRequest());
  });
}

function initializeRequest(): JSONRPCRequest {
  return { jsonrpc: '2.0', id: ID, method: 'initialize', params: { ...SELF } };
}
