import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { errnoOf } from '../errors.ts';
import { isSameSecret } from '../same-secret.ts';
import { parseJson } from '../wire/json.ts';
import type { PageSource, PageViewer } from './page-source.ts';

/** Maximum unread bytes of a viewer before it is disconnected. Its browser then reconnects automatically and starts over. */
const BACKLOG = 16 * 2 ** 20;

/** Maximum size of a request body, in bytes. */
const LONGEST = 4_096;

/** How many ports are tried after a taken one, before any free one is used. */
const NEXT_PORTS = 20;

const FILES: ReadonlyMap<string, { readonly file: string; readonly type: string }> = new Map([
  ['', { file: 'index.html', type: 'text/html; charset=utf-8' }],
  ['app.js', { file: 'app.js', type: 'text/javascript; charset=utf-8' }],
  ['app.css', { file: 'app.css', type: 'text/css; charset=utf-8' }],
]);

/** Where the build puts the page: next to the folder with the bundle's chunks. */
const FOLDER = new URL('../page/', import.meta.url);

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
  // The address is a credential, so other pages must not see it.
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const reconnect = z.object({ hub: z.string(), id: z.string() });

export interface PageServerOptions {
  readonly source: PageSource;
  /** 0 means any free port. If a port is taken, the next one is used. */
  readonly port: number;
}

/**
 * Serves the page on loopback. Its address contains a random token. Requests without it, or from other sites, get nothing.
 */
export class PageServer {
  readonly #options: PageServerOptions;
  readonly #token = randomBytes(24).toString('base64url');
  readonly #server: Server;
  readonly #viewers = new Set<PageViewer>();

  private constructor(options: PageServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on('clientError', (_, socket) => socket.destroy());
  }

  /** Resolves when it listens. Rejects if there is no free port. */
  static async start(options: PageServerOptions): Promise<PageServer> {
    const page = new PageServer(options);
    await page.#listen(options.port);
    return page;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The address, which grants access to the page. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/${this.#token}/`;
  }

  /** Lets the process exit while the server runs. */
  unref(): void {
    this.#server.unref();
  }

  close(): Promise<void> {
    for (const viewer of this.#viewers) viewer.close();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #listen(port: number): Promise<void> {
    const nearby = Array.from({ length: NEXT_PORTS }, (_, n) => port + n);
    const wanted = port === 0 ? [0] : [...nearby.filter((each) => each <= 65_535), 0];
    for (const each of wanted) {
      const error = await new Promise<Error | null>((resolve) => {
        this.#server.once('error', resolve);
        this.#server.listen(each, '127.0.0.1', () => {
          this.#server.off('error', resolve);
          resolve(null);
        });
      });
      if (error === null) return;
      if (!['EADDRINUSE', 'EACCES'].includes(errnoOf(error) ?? '') || each === 0) throw error;
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (!this.#isOurs(request))
      return end(response, 403, 'This page is only available on this machine.');
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, token = '', name = '', ...more] = pathname.split('/');
    if (!isSameSecret(token, this.#token) || more.length > 0)
      return end(response, 404, 'Not found');
    const isPost = request.method === 'POST';
    if (name === 'reconnect' && isPost) return this.#reconnect(request, response);
    if (isPost || request.method !== 'GET') return end(response, 405, 'This page is read-only.');
    if (name === 'events') return this.#stream(response, searchParams.has('frames'));
    const known = FILES.get(name);
    if (known === undefined) return end(response, 404, 'Not found');
    const content = await readFile(new URL(known.file, FOLDER));
    response.writeHead(200, { 'content-type': known.type }).end(content);
  }

  /** Another site's name may resolve to this machine (DNS rebinding), and its pages may send requests here. */
  #isOurs({ headers, method }: IncomingMessage): boolean {
    const hosts = [`127.0.0.1:${this.port}`, `localhost:${this.port}`];
    if (!hosts.includes(headers.host ?? '')) return false;
    const { origin } = headers;
    if (origin === undefined) return method !== 'POST';
    return hosts.some((host) => origin === `http://${host}`);
  }

  #stream(response: ServerResponse, frames: boolean): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const viewer = this.#options.source.open((message) => {
      if (response.writableLength > BACKLOG) response.destroy();
      else response.write(`data: ${message}\n\n`);
    }, frames);
    this.#viewers.add(viewer);
    response.on('error', () => {});
    response.once('close', () => {
      this.#viewers.delete(viewer);
      viewer.close();
    });
  }

  async #reconnect(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isJson = request.headers['content-type']?.split(';')[0] === 'application/json';
    const body = isJson ? await bodyOf(request) : null;
    const { data: wanted } = reconnect.safeParse(parseJson(body ?? ''));
    if (wanted === undefined) return end(response, 400, 'Not understood');
    const isDone = [...this.#viewers].some((viewer) => viewer.reconnect(wanted.hub, wanted.id));
    end(response, isDone ? 204 : 404, '');
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** The body as text, or null if it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > LONGEST) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
