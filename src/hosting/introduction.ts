import type { JsonObject } from '../../machines/model.ts';
import { objectOf, parseJson } from '../wire/json.ts';
import { messageOf, outcomeOf } from './message.ts';
import type { StdioServer } from './stdio-server.ts';

const ID = '"signalbox:initialize"';

/** Milliseconds after which a server that hasn't answered is reported as slow. */
const SLOW = 2_000;

/** What a server answered to `initialize`. */
export interface Introduction {
  /** The result as JSON text. */
  readonly result: string;
  /** The parsed result. */
  readonly facts: JsonObject;
}

export interface IntroduceOptions {
  /** The `params` of `initialize` as JSON text. */
  readonly params: string;
  /** Milliseconds that the server has to answer. */
  readonly timeout: number;
  /** Called once when the server hasn't answered after 2 s. */
  onSlow(): void;
}

/**
 * Sends only `initialize` to a server that has just been started. Resolves with its answer. Rejects with the server's last
 * stderr lines if it ends, refuses, or doesn't answer in time. Other messages of the server are kept.
 */
export function introduce(
  server: StdioServer,
  { params, timeout, onSlow }: IntroduceOptions,
): Promise<Introduction> {
  return new Promise<Introduction>((resolve, reject) => {
    const timers = [
      setTimeout(() => {
        const reason = `the server did not answer initialize within ${timeout / 1_000} s (--start-timeout): is it an MCP server?`;
        reject(new Error(server.withLastLines(reason)));
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
      if (message.kind === 'notification' || message.id !== ID) {
        server.keep(message);
        return;
      }
      settle();
      if (message.kind === 'request') {
        reject(new Error('the command echoes its input: it is not an MCP server'));
        return;
      }
      server.listen(null);
      const outcome = outcomeOf(message);
      if (!outcome.isError)
        resolve({ result: outcome.raw, facts: objectOf(parseJson(outcome.raw)) });
      else reject(new Error(`the server refused to initialize: ${messageOf(outcome)}`));
    });
    server.send(`{"jsonrpc":"2.0","id":${ID},"method":"initialize","params":${params}}`);
  });
}
