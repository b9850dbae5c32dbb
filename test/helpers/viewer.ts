import http from 'node:http';
import type { ActorRow, PageMessage } from '../../src/inspector/messages.ts';
import { afterTest } from './cleanup.ts';
import { eventually } from './processes.ts';

/** A viewer of the inspector without a browser. */
export class PageViewer {
  readonly #messages: PageMessage[] = [];
  /** Everything that was received, as raw text. */
  text = '';
  #rest = '';
  readonly #request: http.ClientRequest;

  /** `url` is the printed address. */
  constructor(url: string, { frames = false } = {}) {
    this.#request = http.get(`${url}events${frames ? '?frames' : ''}`, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        this.text += chunk;
        const lines = (this.#rest + chunk).split('\n');
        this.#rest = lines.pop() ?? '';
        for (const line of lines.filter((each) => each.startsWith('data: '))) {
          this.#messages.push(JSON.parse(line.slice('data: '.length)));
        }
      });
      response.on('error', () => {});
    });
    this.#request.on('error', () => {});
    afterTest(() => this.close());
  }

  get messages(): readonly PageMessage[] {
    return this.#messages;
  }

  /** The current rows, by actor name. */
  get rows(): ReadonlyMap<string, ActorRow> {
    const rows = new Map<string, ActorRow>();
    for (const message of this.#messages) {
      if (message.type === 'actors') for (const row of message.actors) rows.set(row.actor, row);
      if (message.type === 'ended') for (const actor of message.actors) rows.delete(actor);
    }
    return rows;
  }

  /** The official frames received. */
  get frames(): readonly Readonly<Record<string, unknown>>[] {
    return this.#messages.flatMap((message) =>
      message.type === 'frames' ? message.frames.map((frame) => ({ ...frame })) : [],
    );
  }

  /** Resolves once `check` no longer throws. */
  until<T>(check: (viewer: PageViewer) => T): Promise<T> {
    return eventually(() => check(this));
  }

  close(): void {
    this.#request.destroy();
  }
}

/** Sends a request like a browser or any other client. */
export async function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}
