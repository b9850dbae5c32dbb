import type { ServerResponse } from 'node:http';

/** Milliseconds between two comments on a stream, so that nothing on the way takes it for dead. */
const KEEP_ALIVE = 15_000;

/** Hears whether the client reads a stream. */
export interface ReaderListener {
  /** The client doesn't read: what is sent now is kept in memory. */
  onBlocked(stream: EventStream): void;
  /** After that: it has read everything, or has hung up. */
  onDrained(stream: EventStream): void;
}

/**
 * A response that is an event stream, with one message an event.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #listener: ReaderListener;
  #isBlocked = false;
  /** Ends once the client has read what was sent. */
  #isEnding = false;

  /** Sends the head of the response at once. */
  constructor(response: ServerResponse, sessionId: string, listener: ReaderListener) {
    this.#response = response;
    this.#listener = listener;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
      'mcp-session-id': sessionId,
    });
    response.flushHeaders();
    const keepAlive = setInterval(() => {
      if (!this.#isBlocked) response.write(': keepalive\n\n');
    }, KEEP_ALIVE).unref();
    response.once('close', () => {
      clearInterval(keepAlive);
      this.#drained();
    });
    response.on('drain', () => this.#drained());
  }

  /** Whether messages can be sent on it. */
  get isOpen(): boolean {
    return !this.#isEnding && !this.#response.writableEnded && !this.#response.destroyed;
  }

  /** Sends a message, which is one line; nothing once the stream is over. */
  send(text: string): void {
    if (this.isOpen && !this.#response.write(eventOf(text))) this.#block();
  }

  /** Ends the stream, with a last message if there is one. */
  end(text?: string): void {
    if (!this.isOpen) return;
    const response = this.#response;
    const event = text === undefined ? '' : eventOf(text);
    // Message and end go out in one packet, unless the message is too large for that. Corking the response instead
    // makes Node 24 send the end first.
    const room = response.writableHighWaterMark - response.writableLength;
    if (Buffer.byteLength(event) < room) {
      response.end(event);
      return;
    }
    if (response.write(event)) {
      response.end();
      return;
    }
    this.#isEnding = true;
    this.#block();
  }

  #block(): void {
    if (this.#isBlocked) return;
    this.#isBlocked = true;
    this.#listener.onBlocked(this);
  }

  #drained(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    if (this.#isEnding) this.#response.end();
    this.#listener.onDrained(this);
  }
}

function eventOf(text: string): string {
  return `event: message\ndata: ${text}\n\n`;
}
