import type { Readable, Writable } from 'node:stream';
import { BUDGETS } from '../../budgets.ts';
import type { Frame } from '../../wire/frame.ts';
import { idNear, LineReader } from '../../wire/line-reader.ts';

export interface FrameSink {
  /** A promise says: not more until it is fulfilled. */
  receive(frame: string): Promise<void> | undefined;
  refuseOversize(rawId: string, bytes: number, limit: number): void;
}

/**
 * MCP over stdio: one JSON-RPC message a line. Writes are queued by the stream; `send` returns a promise while the agent
 * reads more slowly than is written.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport {
  /** Resolves when the agent has closed its side or can't be written to. */
  readonly closed: Promise<void>;
  /** Resolves when the agent can't be written to: there is nobody left to answer. Only a write can tell. */
  readonly broken: Promise<void>;
  readonly #output: Writable;
  readonly #input: Readable;
  #drained: Promise<void> | null = null;
  #broken = false;
  #corked = false;
  #close: () => void = () => {};
  #onBroken: () => void = () => {};

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
    this.broken = new Promise((resolve) => {
      this.#onBroken = resolve;
    });
    // EPIPE: the agent has gone, and nobody is left to tell.
    output.on('error', () => {
      this.#broken = true;
      this.#onBroken();
      this.#close();
    });
  }

  /** Starts reading; every line goes to `sink`. */
  start(sink: FrameSink): void {
    const reader = new LineReader({
      maxBytes: BUDGETS.agentMessage.value,
      onLine: (line) => {
        const hold = sink.receive(line);
        if (hold === undefined || this.#input.isPaused()) return;
        this.#input.pause();
        hold.then(() => this.#input.resume());
      },
      onOversize: ({ bytes, head, tail }) =>
        sink.refuseOversize(idNear(head, tail), bytes, BUDGETS.agentMessage.value),
    });
    this.#input.on('data', (chunk: Buffer) => reader.push(chunk));
    this.#input.on('end', () => {
      reader.end();
      this.#close();
    });
    this.#input.on('error', () => this.#close());
  }

  /** Writes one frame. A promise says: not more until it is fulfilled. */
  send(frame: Frame): Promise<void> | undefined {
    if (this.#broken || this.#write(frame)) return undefined;
    this.#drained ??= new Promise<void>((resolve) => {
      const done = () => {
        this.#output.off('drain', done);
        this.#output.off('close', done);
        this.#drained = null;
        resolve();
      };
      this.#output.on('drain', done);
      this.#output.on('close', done);
    });
    return this.#drained;
  }

  /** A frame that comes alone goes out at once; what more is said at the same moment follows in one piece. */
  #write(frame: Frame): boolean {
    const written = this.#writeLine(frame);
    if (!this.#corked) {
      this.#corked = true;
      this.#output.cork();
      setImmediate(() => {
        this.#corked = false;
        this.#output.uncork();
      });
    }
    return written;
  }

  #writeLine(frame: Frame): boolean {
    if (typeof frame === 'string') return this.#output.write(`${frame}\n`);
    this.#output.cork();
    for (const part of frame) this.#output.write(part);
    const written = this.#output.write('\n');
    this.#output.uncork();
    return written;
  }

  /** Resolves when all that was sent is written, or can't be. */
  flush(): Promise<void> {
    if (this.#broken) return Promise.resolve();
    return new Promise((resolve) => {
      this.#output.once('error', () => resolve());
      this.#output.write('', () => resolve());
    });
  }
}
