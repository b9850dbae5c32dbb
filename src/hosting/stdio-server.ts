import type { ChildProcess } from 'node:child_process';
import spawn from 'cross-spawn';
import { errnoOf } from '../errors.ts';
import { LineReader } from '../wire/line-reader.ts';
import type { RpcMessage } from '../wire/rpc-message.ts';
import { LastLines } from './last-lines.ts';
import { answerInstead, readMessages } from './message.ts';
import { signalGroup } from './process-group.ts';

/** Maximum length of a line from a server, in bytes. */
const LONGEST = 64 * 2 ** 20;

/** Maximum number of messages kept while there is no listener. */
const BACKLOG = 1_000;

/** Milliseconds that a server has to exit after its stdin is closed, and again after SIGTERM. */
const GRACE = 1_000;
const LAST_GRACE = 2_000;

export interface StdioServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the server writes to stderr. */
  onStderr(chunk: Buffer): void;
  /** A line on stdout that is not a message. */
  onNoise(line: string): void;
}

/**
 * A stdio MCP server in its own process group. When it ends for any reason, its group is ended, too.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
export class StdioServer {
  readonly #options: StdioServerOptions;
  readonly #child: ChildProcess;
  readonly #said = new LastLines();
  /** Resolves when the process has ended, or could not be started. */
  readonly ended: Promise<void>;
  #listener: ((message: RpcMessage) => void) | null = null;
  readonly #backlog: RpcMessage[] = [];
  #end: string | null = null;
  #isAskedFor = false;

  constructor(options: StdioServerOptions) {
    const { command, args, env } = options;
    this.#options = options;
    this.#child = spawn(command, args, {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        if (this.#child.pid !== undefined) return;
        this.#end = startFailure(command, error);
        resolve();
      });
      this.#child.once('exit', () => this.#bury());
      this.#child.once('close', (code, signal) => {
        this.#end = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
        resolve();
      });
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#said.push(chunk.toString('utf8'));
      options.onStderr(chunk);
    });
    const reader = new LineReader({
      maxBytes: LONGEST,
      onLine: (line) => this.#read(line),
      onOversize: ({ bytes, head, tail }) => this.#refuse(bytes, head, tail),
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => reader.push(chunk));
    this.#child.stdout?.on('end', () => {
      reader.end();
      // Without stdout it can't serve any more, but it may keep running.
      void this.#terminate();
    });
  }

  /** Its process, which leads its group; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How it ended, after "the server"; null while it runs. */
  get end(): string | null {
    return this.#end;
  }

  /** Whether it ended because it was stopped. */
  get isAskedFor(): boolean {
    return this.#isAskedFor;
  }

  /** A message followed by the last lines that the server wrote to stderr. */
  withLastLines(reason: string): string {
    const { lines } = this.#said;
    return lines.length === 0 ? reason : `${reason}; its last lines: ${lines.join(' | ')}`;
  }

  /** How it ended, and its last lines. */
  get lastWords(): string {
    return this.withLastLines(`the server ${this.#end ?? 'runs'}`);
  }

  /** Passes the server's messages to `listener` from now on, starting with those that were kept. Null keeps them again. */
  listen(listener: ((message: RpcMessage) => void) | null): void {
    this.#listener = listener;
    if (listener === null) return;
    for (const message of this.#backlog.splice(0)) listener(message);
  }

  /** Keeps a message of the server for the next listener. */
  keep(message: RpcMessage): void {
    if (this.#backlog.length < BACKLOG) this.#backlog.push(message);
  }

  /** Stops reading its stdout until {@link resume}. The full pipe then blocks the server. */
  pause(): void {
    if (this.#end === null) this.#child.stdout?.pause();
  }

  resume(): void {
    this.#child.stdout?.resume();
  }

  /** Writes one message, a line of JSON. Does nothing once the server has ended. */
  send(text: string): void {
    this.#child.stdin?.write(`${text}\n`);
  }

  /**
   * Closes its stdin, then sends SIGTERM and finally SIGKILL to its group. Resolves when it has ended, within a few seconds.
   */
  async stop(): Promise<void> {
    this.#isAskedFor = true;
    await this.#terminate();
  }

  /** Ends it and its group at once, also while the process exits. */
  kill(): void {
    this.#isAskedFor = true;
    signalGroup(this.#child, 'SIGKILL');
  }

  #read(line: string): void {
    const messages = readMessages(line);
    if (messages.length === 0) this.#options.onNoise(line);
    for (const message of messages) {
      if (this.#listener === null) this.keep(message);
      else this.#listener(message);
    }
  }

  #refuse(bytes: number, head: string, tail: string): void {
    this.#options.onNoise(`a line of ${bytes} bytes`);
    const reason = `the server answered ${bytes} bytes, more than ${LONGEST}`;
    const answer = answerInstead(head, tail, reason);
    if (answer !== null) this.#listener?.(answer);
  }

  async #terminate(): Promise<void> {
    this.#child.stdin?.end();
    const steps = [
      setTimeout(() => signalGroup(this.#child, 'SIGTERM'), GRACE),
      setTimeout(() => signalGroup(this.#child, 'SIGKILL'), GRACE + LAST_GRACE),
    ];
    await this.ended;
    for (const step of steps) clearTimeout(step);
    signalGroup(this.#child, 'SIGKILL');
  }

  /** Ends the rest of its group after the process has ended, so that no child keeps its pipes open. */
  #bury(): void {
    this.resume();
    signalGroup(this.#child, 'SIGTERM');
    setTimeout(() => {
      signalGroup(this.#child, 'SIGKILL');
      this.#child.stdout?.destroy();
      this.#child.stderr?.destroy();
    }, GRACE).unref();
  }
}

function startFailure(command: string, error: Error): string {
  const code = errnoOf(error);
  if (code === 'ENOENT') return `could not be started: command not found: ${command}`;
  return `could not be started: ${code ?? error.message}: ${command}`;
}
