import type { JSONRPCRequest, Result } from '@modelcontextprotocol/sdk/types.js';
import type { StdioServer } from './stdio-server.ts';

const ID = 'signalbox:initialize';

/** Milliseconds after which a server that hasn't answered is reported as slow. */
const SLOW = 2_000;

export type InitializeParams = NonNullable<JSONRPCRequest['params']>;

export interface Introduction {
  /** Those of `initialize`. */
  readonly params: InitializeParams;
  /** Milliseconds that the server has to answer. */
  readonly timeout: number;
  /** Called once when the server hasn't answered after 2 s. */
  onSlow(): void;
}

/**
 * Sends `initialize` to a server that has just been started, and nothing more. Resolves with the result. Rejects with the
 * server's last words when it ends, refuses, or doesn't answer in time. Other messages of the server are kept.
 */
export function introduce(
  server: StdioServer,
  { params, timeout, onSlow }: Introduction,
): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    const timers = [
      setTimeout(() => {
        const told = `the server did not answer initialize within ${timeout / 1_000} s (--start-timeout): is it an MCP server?`;
        reject(new Error(server.withLastLines(told)));
      }, timeout),
      setTimeout(onSlow, SLOW),
    ];
    const settle = () => {
      for (const timer of timers) clearTimeout(timer);
    };
    void server.ended.then(() => {
      settle();
      reject(new Error(server.lastWords));
    });
    server.listen((message) => {
      if (!('id' in message) || message.id !== ID) {
        server.keep(message);
        return;
      }
      settle();
      if ('method' in message) {
        reject(new Error('the command repeats what it reads: it is no MCP server'));
        return;
      }
      server.listen(null);
      if ('result' in message) resolve(message.result);
      else reject(new Error(`the server refused to initialize: ${message.error.message}`));
    });
    server.send({ jsonrpc: '2.0', id: ID, method: 'initialize', params });
  });
}
