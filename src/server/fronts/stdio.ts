import type { Readable, Writable } from 'node:stream';
import { BUDGETS } from '../../budgets.ts';
import type { Frame } from '../../wire/frame.ts';
import { idNear, LineReader } from '../../wire/line-reader.ts';

export interface FrameSink {
  /** If it returns a promise, the caller must wait for that before passing more. */
  receive(frame: string): Promise<void> | undefined;
  refuseOversize(rawId: string, bytes: number, limit: number): void;
}

/**
 * MCP over stdio: one JSON-RPC message per line. The stream queues writes; `send` returns a promise while the agent reads
 * too slowly.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioTransport {
  /** Resolves when the agent has closed its side or can't be written to. */
  readonly closed: Promise<void>;
  /** Resolves when a write has failed because the agent has gone. */
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
    // EPIPE: the agent has gone, so the error can't be reported to it.
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

  /** Writes one frame. If it returns a promise, the caller must wait for that before passing more. */
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

  /** The first frame is written immediately. Further frames in the same turn are combined into one write. */
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

  /** Resolves when everything sent has been written or has failed. */
  flush(): Promise<void> {
    if (this.#broken) return Promise.resolve();
    return new Promise((resolve) => {
      this.#output.once('error', () => resolve());
      this.#output.write('', () => resolve());
    });
  }
}
