// Streamable HTTP with sessions for any SDK transport: event ids, polling, and protection against DNS rebinding.
import { randomUUID } from 'node:crypto';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { bodyOf, listen } from '../fixtures/listen.mjs';

/** Milliseconds that a client should wait before it resumes a stream. */
const RETRY = 50;

/** Keeps events in memory. Ids are `STREAM/NUMBER`. */
class MemoryEvents {
  #streams = new Map();

  /** @param {string} stream @param {object} message */
  async storeEvent(stream, message) {
    const events = this.#streams.get(stream) ?? [];
    this.#streams.set(stream, events);
    events.push(message);
    return `${stream}/${events.length}`;
  }

  /** @param {string} lastEventId @param {{ send: (id: string, message: any) => Promise<void> }} to */
  async replayEventsAfter(lastEventId, { send }) {
    const [, stream, number] = /^(.*)\/(\d+)$/.exec(lastEventId) ?? [];
    const events = this.#streams.get(stream) ?? [];
    for (let n = Number(number); n < events.length; n += 1) {
      if (Object.keys(events[n]).length > 0) await send(`${stream}/${n + 1}`, events[n]);
    }
    return stream;
  }
}

/** @param {string | undefined} name @param {string} scheme */
function isLocal(name, scheme) {
  try {
    return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(`${scheme}${name}`).hostname);
  } catch {
    return false;
  }
}

/**
 * Serves `/mcp`. `connect` gets the transport of each new session.
 *
 * @param {(transport: StreamableHTTPServerTransport) => unknown} connect
 */
export async function serve(connect) {
  /** @type {Map<string, StreamableHTTPServerTransport>} */
  const sessions = new Map();
  const running = await listen(async (request, response) => {
    const { host, origin } = request.headers;
    if (!isLocal(host, 'http://') || (origin !== undefined && !isLocal(origin, ''))) {
      response.writeHead(403).end('not a local name');
      return;
    }
    const known = sessions.get(String(request.headers['mcp-session-id']));
    const text = request.method === 'POST' ? await bodyOf(request) : '';
    const body = text === '' ? undefined : JSON.parse(text);
    if (known) {
      await known.handleRequest(request, response, body);
      return;
    }
    if (body?.method !== 'initialize') {
      response.writeHead(request.headers['mcp-session-id'] ? 404 : 400).end('no session');
      return;
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new MemoryEvents(),
      retryInterval: RETRY,
      onsessioninitialized: (id) => {
        sessions.set(id, transport);
      },
      onsessionclosed: (id) => {
        sessions.delete(id);
      },
    });
    await connect(transport);
    await transport.handleRequest(request, response, body);
  });
  return running;
}
