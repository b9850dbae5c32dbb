import { connect, type Socket } from 'node:net';
import { errnoOf } from '../errors.ts';
import { LineReader } from '../wire/line-reader.ts';
import { hubSockets } from './hub-sockets.ts';

/** Milliseconds between two searches for hubs. */
const LOOK = 1_000;

/** Maximum length of a hub's line, in bytes. */
const LONGEST = 64 * 2 ** 20;

/** Callbacks for connections to hubs. `key` identifies a connection. */
export interface HubsListener {
  onFound?(key: string): void;
  onLine(key: string, line: string): void;
  onLeft(key: string): void;
  /** The socket is stale: nothing listens on it, and the next hub with that pid will create its own. */
  onNobody?(path: string): void;
}

/** Finds the hubs with sockets in `directories`, connects to each, and searches for more until closed. */
export class Hubs {
  readonly #directories: readonly string[];
  readonly #listener: HubsListener;
  readonly #sockets = new Map<string, Socket>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(directories: readonly string[], listener: HubsListener) {
    this.#directories = directories;
    this.#listener = listener;
  }

  /** Resolves when each hub that runs now is connected or has refused. */
  async look(): Promise<void> {
    const found = await Promise.all(this.#directories.map(hubSockets));
    const fresh = found.flat().filter(({ path }) => !this.#sockets.has(path));
    await Promise.all(fresh.map(({ path }) => this.#connect(path)));
    if (!this.#closed) this.#timer = setTimeout(() => void this.look(), LOOK);
  }

  /** Sends a line to one hub. */
  send(key: string, line: string): void {
    this.#sockets.get(key)?.write(`${line}\n`);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer ?? undefined);
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #connect(path: string): Promise<void> {
    const socket = connect(path);
    this.#sockets.set(path, socket);
    this.#listener.onFound?.(path);
    const lines = new LineReader({
      maxBytes: LONGEST,
      onLine: (line) => this.#listener.onLine(path, line),
      onOversize: () => socket.destroy(),
    });
    socket.on('data', (chunk) => lines.push(chunk));
    return new Promise((resolve) => {
      socket.once('connect', resolve);
      socket.once('error', (error) => {
        if (errnoOf(error) === 'ECONNREFUSED') this.#listener.onNobody?.(path);
      });
      socket.once('close', () => {
        this.#sockets.delete(path);
        this.#listener.onLeft(path);
        resolve();
      });
    });
  }
}
