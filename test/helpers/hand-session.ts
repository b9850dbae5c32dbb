import { z } from 'zod';
import { afterTest } from './cleanup.ts';
import { INITIALIZE, post, type RunProcess } from './run-process.ts';

const message = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  result: z.looseObject({}).optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});

type Message = z.infer<typeof message>;

/** The messages in a body, which is JSON or an event stream. */
function messagesIn(text: string): Message[] {
  const data = text.startsWith('{')
    ? [text]
    : [...text.matchAll(/^data: ?(.+)$/gm)].map(([, each]) => each ?? '');
  return data.map((each) => message.parse(JSON.parse(each)));
}

/** A raw MCP session over Streamable HTTP. */
export class HandSession {
  /** The answer to `initialize`. */
  readonly initialized: Message;
  readonly #to: Parameters<typeof post>[0];
  readonly #headers: Readonly<Record<string, string>>;
  #lastId = 1;

  private constructor(
    to: Parameters<typeof post>[0],
    headers: Readonly<Record<string, string>>,
    initialized: Message,
  ) {
    this.#to = to;
    this.#headers = headers;
    this.initialized = initialized;
  }

  static async open(run: RunProcess, params: object = {}): Promise<HandSession> {
    const to = await run.registered();
    const asked = { ...INITIALIZE, params: { ...INITIALIZE.params, ...params } };
    const opened = await post(to, {}, asked);
    const [initialized] = messagesIn(await opened.text());
    const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const session = new HandSession(to, headers, message.parse(initialized));
    await session.notify('notifications/initialized');
    return session;
  }

  /** The answer to one request. */
  async request(method: string, params: object = {}): Promise<Message> {
    this.#lastId += 1;
    const id = this.#lastId;
    const response = await post(this.#to, this.#headers, { id, method, params });
    return message.parse(messagesIn(await response.text()).find((each) => each.id === id));
  }

  /** The text of a tool's result, or the message of its error. */
  async call(name: string, args: object = {}): Promise<string> {
    const { result, error } = await this.request('tools/call', { name, arguments: args });
    const content = z.array(z.object({ text: z.string() })).safeParse(result?.['content']);
    return error?.message ?? content.data?.map(({ text }) => text).join('') ?? '';
  }

  async notify(method: string, params: object = {}): Promise<void> {
    await (await post(this.#to, this.#headers, { method, params })).text();
  }

  /** Opens the standing stream. Returns an array that fills with the methods it receives. */
  async listen(): Promise<readonly string[]> {
    const heard: string[] = [];
    const { port, token } = this.#to;
    const hangUp = new AbortController();
    afterTest(() => hangUp.abort());
    const response = await fetch(`http://127.0.0.1:${port}/mcp`, {
      headers: { ...this.#headers, accept: 'text/event-stream', authorization: `Bearer ${token}` },
      signal: hangUp.signal,
    });
    const read = async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        for (const { method } of messagesIn(decoder.decode(chunk))) heard.push(method ?? '');
      }
    };
    read().catch(() => {});
    return heard;
  }

  /** Ends the session. */
  async close(): Promise<void> {
    const { port, token } = this.#to;
    await fetch(`http://127.0.0.1:${port}/mcp`, {
      method: 'DELETE',
      headers: { ...this.#headers, authorization: `Bearer ${token}` },
    });
  }
}
