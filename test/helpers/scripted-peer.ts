import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { afterTest } from './cleanup.ts';

/** The kinds of requests whose handling can be scripted: those of the hub and those of links. */
export type Matter = 'connect' | 'link' | 'ping' | 'call' | 'goodbye';

/** `hang` holds the request until the script changes. A number is an HTTP status. */
export type Verdict = 'well' | 'hang' | 'break' | number;

type Asker = 'hub' | 'link';

const message = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: z
    .looseObject({
      clientInfo: z.looseObject({ name: z.string() }).optional(),
      arguments: z.looseObject({ key: z.string().optional() }).optional(),
    })
    .optional(),
});

interface Held {
  readonly matter: Matter;
  readonly response: ServerResponse;
  answer(): void;
}

/** An MCP server on a real socket that handles each kind of request as scripted, now or later. */
export class ScriptedPeer {
  port = 0;
  /** How often each call was received, by its `key`. */
  readonly taken = new Map<string, number>();
  #verdicts: Readonly<Record<Matter, Verdict>> = WELL;
  #held: Held[] = [];
  #tools = 1;
  #lastSession = 0;
  readonly #sessions = new Map<string, Asker>();
  readonly #streams = new Map<ServerResponse, Asker>();
  readonly #sockets = new Map<Socket, Asker | null>();
  #server = createServer();

  /** Listens, on the same port as before if there was one. */
  async start(): Promise<this> {
    this.#server = createServer((request, response) => void this.#receive(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.set(socket, null);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
    return this;
  }

  /** Dies: stops listening, breaks open connections, and forgets its sessions. */
  async stop(): Promise<void> {
    this.#sessions.clear();
    this.#held = [];
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets.keys()) socket.destroy();
    });
  }

  /** Applies from now on, and to held requests. */
  tell(verdicts: Partial<Record<Matter, Verdict>>): void {
    this.#verdicts = { ...this.#verdicts, ...verdicts };
    const held = this.#held;
    this.#held = [];
    for (const each of held) this.#judge(each);
  }

  /** Handles everything normally again and answers held requests. */
  recover(): void {
    this.tell(WELL);
  }

  holds(matter: Matter): number {
    return this.#held.filter((each) => each.matter === matter && !each.response.destroyed).length;
  }

  /** Breaks every connection of the hub, or of links. */
  cut(asker: Asker): void {
    for (const [socket, by] of this.#sockets) if (by === asker) socket.destroy();
  }

  /** Forgets the sessions of links, so that their next requests get 404. */
  forgetLinks(): void {
    for (const [id, asker] of this.#sessions) if (asker === 'link') this.#sessions.delete(id);
  }

  /** Sends a meaningless sign of life on the hub's standing stream. */
  murmur(): void {
    for (const [stream, asker] of this.#streams) if (asker === 'hub') stream.write(': alive\n\n');
  }

  /** Adds a tool and sends a notification. */
  growTool(): void {
    this.#tools += 1;
    const changed = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    for (const stream of this.#streams.keys()) stream.write(`data: ${JSON.stringify(changed)}\n\n`);
  }

  streams(asker: Asker): number {
    return [...this.#streams.values()].filter((by) => by === asker).length;
  }

  /** Number of open sockets, including those without a request yet. */
  get sockets(): number {
    return this.#sockets.size;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? this.#sessions.get(id) : undefined;
    if (known !== undefined) this.#sockets.set(request.socket, known);
    const judge = (matter: Matter, answer: () => void) => this.#judge({ matter, response, answer });
    if (request.method === 'GET') {
      if (known === undefined) response.writeHead(404).end();
      else this.#stream(response, known);
      return;
    }
    if (request.method === 'DELETE') {
      judge('goodbye', () => {
        if (typeof id === 'string') this.#sessions.delete(id);
        response.writeHead(200).end();
      });
      return;
    }
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const asked = message.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    const answer = (result: object) => reply(response, { jsonrpc: '2.0', id: asked.id, result });
    if (asked.method === 'initialize') {
      const asker = asked.params?.clientInfo?.name === 'signalbox' ? 'hub' : 'link';
      this.#sockets.set(request.socket, asker);
      judge(asker === 'hub' ? 'connect' : 'link', () => {
        this.#lastSession += 1;
        const session = `${asker}-${this.#lastSession}`;
        this.#sessions.set(session, asker);
        response.setHeader('mcp-session-id', session);
        answer({
          protocolVersion: '2025-11-25',
          capabilities: { tools: { listChanged: true } },
          serverInfo: { name: 'scripted', version: '1' },
        });
      });
      return;
    }
    if (known === undefined) response.writeHead(404).end();
    else if (asked.method === 'ping') judge('ping', () => answer({}));
    else if (asked.method === 'tools/list') answer({ tools: this.#list() });
    else if (asked.method === 'tools/call') {
      const key = asked.params?.arguments?.key ?? '';
      this.taken.set(key, (this.taken.get(key) ?? 0) + 1);
      judge('call', () => answer({ content: [{ type: 'text', text: key }] }));
    } else response.writeHead(202).end();
  }

  #judge(held: Held): void {
    const verdict = this.#verdicts[held.matter];
    const { response } = held;
    if (response.destroyed) return;
    if (verdict === 'hang') this.#held.push(held);
    else if (verdict === 'break') response.destroy();
    else if (verdict === 'well') held.answer();
    else response.writeHead(verdict).end();
  }

  #stream(response: ServerResponse, asker: Asker): void {
    this.#streams.set(response, asker);
    response.on('close', () => this.#streams.delete(response));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': open\n\n');
  }

  #list(): object[] {
    return Array.from({ length: this.#tools }, (_, n) => ({
      name: `tool-${n}`,
      inputSchema: { type: 'object' },
    }));
  }
}

const WELL: Readonly<Record<Matter, Verdict>> = {
  connect: 'well',
  link: 'well',
  ping: 'well',
  call: 'well',
  goodbye: 'well',
};

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** A listening peer, until the end of the test. */
export async function startPeer(): Promise<ScriptedPeer> {
  const peer = await new ScriptedPeer().start();
  afterTest(() => peer.stop());
  return peer;
}
