import { once } from 'node:events';
import http from 'node:http';
import { afterTest } from './cleanup.ts';

/**
 * Answers every request on a port with HTTP 500 until it is stopped. Unlike a refused connection, this uses up the retries of an
 * instance. Resolves, once it listens, with a function that stops it.
 */
export async function breakAt(port: number): Promise<() => Promise<void>> {
  const server = http.createServer((_, response) => response.writeHead(500).end());
  const listening = once(server, 'listening');
  server.listen(port, '127.0.0.1');
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  afterTest(stop);
  await listening;
  return stop;
}
