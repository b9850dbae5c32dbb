import { chmod, stat } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { printable } from '../printable.ts';
import { makeDirectory } from '../trust.ts';
import { LineReader } from '../wire/line-reader.ts';
import type { Feed } from './feed.ts';
import { socketName, sweep } from './hub-sockets.ts';

/** Maximum unread bytes of a viewer before it is disconnected. */
const BACKLOG = 16 * 2 ** 20;

/** Maximum length of a viewer's line. */
const LONGEST = 64 * 2 ** 10;

/** A socket for viewers of a hub. */
export interface Offer {
  /** Disconnects all viewers and removes the socket. */
  close(): Promise<void>;
}

/**
 * Offers a hub to viewers of the same user: a Unix socket `PID.sock` in `directory`, which is created with mode 0700, with
 * lines of JSON. Rejects if the directory is open to other users or can't be trusted, or if the socket can't be created.
 */
export async function offer(feed: Feed, directory: string): Promise<Offer> {
  makeDirectory(directory, { isNamed: false });
  const { mode } = await stat(directory);
  if ((mode & 0o077) !== 0) {
    throw new Error(`${printable(directory)} is open to others (chmod 700)`);
  }
  const path = join(directory, socketName(process.pid));
  await sweep(directory);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    const viewer = feed.open((line) => {
      if (socket.writableLength > BACKLOG) socket.destroy();
      else socket.write(`${line}\n`);
    });
    const lines = new LineReader({
      maxBytes: LONGEST,
      onLine: (line) => viewer.receive(line),
      onOversize: () => socket.destroy(),
    });
    socket.on('data', (chunk) => lines.push(chunk));
    socket.on('close', () => {
      sockets.delete(socket);
      viewer.close();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
  server.on('error', () => {});
  // Viewers must not keep the process alive.
  server.unref();
  await chmod(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
