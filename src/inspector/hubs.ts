import { connect, type Socket } from 'node:net';
import { errnoOf } from '../errors.ts';
import { LineReader } from '../wire/line-reader.ts';
import { hubSockets } from './hub-sockets.ts';

/** Milliseconds between two looks for hubs. */
const LOOK = 1_000;

/** Longest line that is taken from a hub, in bytes. */
const LONGEST = 64 * 2 ** 20;

/** Who is told of the hubs. `key` is that of one connection. */
export interface HubsListener {
  onFound?(key: string): void;
  onLine(key: string, line: string): void;
  onLeft(key: string): void;
  /** Nobody listens at this socket, and nobody will: the next hub with that pid makes its own. */
  onNobody?(path: string): void;
}

/**
 * Finds the hubs that are offered in `directories`, connects to each, and looks for more until closed.
 */
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

  /** Resolves when those that are there now have been connected to, or have refused. */
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
