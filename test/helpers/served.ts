import { type IncomingMessage, request } from 'node:http';
import type { RpcMessage } from '../../src/wire/rpc-message.ts';
import { Gate } from '../../src/wire/serve/gate.ts';
import { HttpServer } from '../../src/wire/serve/http-server.ts';
import type { HttpSession } from '../../src/wire/serve/http-session.ts';
import type { ServedRequest } from '../../src/wire/serve/served-request.ts';
import { afterTest } from './cleanup.ts';

export const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'by hand', version: '0' },
  },
});

/** The headers of every POST. */
export const POSTING = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** What the other side of a session was told. */
export class Heard {
  readonly messages: RpcMessage[] = [];
  readonly requests: ServedRequest[] = [];
  /** `blocked`, `drained`, `closed`, in their order. */
  readonly events: string[] = [];
  readonly session: HttpSession;

  constructor(session: HttpSession) {
    this.session = session;
  }

  /** Answers a request with an empty result, or by a text. */
  answer(id: string, text = `{"jsonrpc":"2.0","id":${id},"result":{}}`): void {
    this.session.answer({ kind: 'answer', id, isError: text.includes('"error"'), text });
  }
}

/** An HTTP server whose sessions note what they hear, and answer nothing but `initialize` by themselves. */
export class Served {
  readonly heard: Heard[] = [];
  readonly gate = new Gate({ asksForToken: true });
  port = 0;
  readonly #server: HttpServer;

  private constructor(options: {
    readonly maxSessions: number;
    readonly refuses: boolean;
    readonly isSilent: boolean;
  }) {
    this.#server = new HttpServer({
      gate: this.gate,
      endpoint: '/mcp',
      maxSessions: options.maxSessions,
      sessionIdle: 60_000,
      maxBody: 1_000_000,
      open: (session) => {
        const heard = new Heard(session);
        this.heard.push(heard);
        const error = '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}';
        if (!options.isSilent) {
          setImmediate(() => (options.refuses ? heard.answer('1', error) : heard.answer('1')));
        }
        return {
          onMessage: (message, asked) => {
            heard.messages.push(message);
            if (asked !== null) heard.requests.push(asked);
          },
          onBlocked: () => heard.events.push('blocked'),
          onDrained: () => heard.events.push('drained'),
          onClose: async () => {
            heard.events.push('closed');
          },
        };
      },
    });
  }

  static async start({
    maxSessions = 10,
    refuses = false,
    isSilent = false,
  } = {}): Promise<Served> {
    const served = new Served({ maxSessions, refuses, isSilent });
    served.port = await served.#server.listen(0);
    afterTest(() => served.#server.close());
    return served;
  }

  /** The response to a request; the token is right unless other headers are given for it. */
  send(
    method: string,
    headers: Readonly<Record<string, string | undefined>> = {},
    body = '',
    path = '/mcp',
  ): Promise<IncomingMessage> {
    const all = { authorization: `Bearer ${this.gate.token}`, ...headers };
    const given = Object.fromEntries(
      Object.entries(all).filter(([, value]) => value !== undefined),
    );
    return new Promise((resolve, reject) => {
      const options = {
        port: this.port,
        host: '127.0.0.1',
        method,
        path,
        headers: given,
        agent: false,
      };
      const sent = request(options, resolve);
      sent.on('error', reject);
      afterTest(() => sent.destroy());
      sent.end(body);
    });
  }

  /** A session that has initialized: its id as a header, and what its other side hears. */
  async open(): Promise<{ readonly session: { 'mcp-session-id': string }; readonly heard: Heard }> {
    const response = await this.send('POST', POSTING, INITIALIZE);
    await textOf(response);
    const heard = this.heard.at(-1);
    if (heard === undefined) throw new Error('no session was opened');
    return { session: { 'mcp-session-id': String(response.headers['mcp-session-id']) }, heard };
  }
}

/** All of a body. */
export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}
