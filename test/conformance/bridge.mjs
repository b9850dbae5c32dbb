// Serves hubs over Streamable HTTP, one hub process per MCP session, so that a suite that needs a URL can test the hub.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serve } from './http.mjs';

const BIN = fileURLToPath(new URL('../../dist/signalbox.js', import.meta.url));

/**
 * Each hub watches `directory` and runs in `project`, so its session is connected to the instance there automatically.
 *
 * @param {{ directory: string, project: string }} options
 */
export async function startBridge({ directory, project }) {
  /** @type {Set<import('node:child_process').ChildProcess>} */
  const hubs = new Set();
  const running = await serve((transport) => {
    const hub = spawn(
      process.execPath,
      [BIN, 'hub', '--instances-dir', directory, '--log-level', 'warn'],
      {
        cwd: project,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    hubs.add(hub);
    hub.once('exit', () => hubs.delete(hub));
    const open = new Set();
    /** @type {string | number | null} */
    let polled = null;
    transport.onclose = () => hub.stdin.end();
    transport.onmessage = (/** @type {any} */ message) => {
      if ('method' in message && 'id' in message) open.add(message.id);
      hub.stdin.write(`${JSON.stringify(message)}\n`);
      if (message.params?.name === 'test_reconnection') polled = message.id;
    };
    createInterface({ input: hub.stdout }).on('line', (line) => {
      const message = JSON.parse(line);
      const isAnswer = 'id' in message && !('method' in message);
      if (isAnswer) open.delete(message.id);
      // Assume that messages received during a call belong to it.
      const [only] = open;
      const related = !isAnswer && open.size === 1 ? { relatedRequestId: only } : {};
      void transport.send(message, related);
      // Closes the stream of this call after its first event, as servers do to make clients poll. The answer is sent on the
      // next stream.
      if (polled !== null && polled === only && !isAnswer) {
        const id = polled;
        polled = null;
        setTimeout(() => transport.closeSSEStream(id), 20);
      }
    });
    return transport.start();
  });
  return {
    ...running,
    close: async () => {
      for (const hub of hubs) hub.kill();
      await running.close();
    },
  };
}
