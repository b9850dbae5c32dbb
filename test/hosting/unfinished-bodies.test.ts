import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { afterTest } from '../helpers/cleanup.ts';
import { HandSession } from '../helpers/hand-session.ts';
import { odd, post, RunProcess } from '../helpers/run-process.ts';

/** Starts a POST whose body is never finished. */
function begin(port: number, headers: readonly string[], body: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  afterTest(() => socket.destroy());
  const head = [
    'POST /mcp HTTP/1.1',
    `host: localhost:${port}`,
    'content-type: application/json',
    'accept: application/json, text/event-stream',
    `content-length: ${body.length + 1_000}`,
    ...headers,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

it('220 requests with unfinished bodies block no other clients, and are closed', async () => {
  const run = new RunProcess(odd());
  const { port, token } = await run.registered();
  const authorization = `authorization: Bearer ${token}`;
  const known = await HandSession.open(run);
  const bodies = fc.sample(fc.string({ maxLength: 5_000 }), 220);
  const sockets = bodies.map((body) => begin(port, [authorization], body));
  await Promise.all(sockets.map((socket) => socket.connecting && once(socket, 'connect')));
  const closed = Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
  const session = await HandSession.open(run);
  expect(await session.call('pid')).toMatch(/^\d+$/);
  expect(await known.request('ping')).toMatchObject({ result: {} });
  await closed;
}, 30_000);

it.each([
  ['no JSON', '{"jsonrpc":', 400, -32700],
  ['nothing', '', 400, -32700],
  ['null', 'null', 400, -32700],
])('a body that is %s is refused', async (_, body, status, code) => {
  const { port, token } = await new RunProcess(odd()).registered();
  const response = await fetch(`http://127.0.0.1:${port}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body,
  });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error: { code } });
});

it('a body of more than 64 MiB is refused, and the next request is served', async () => {
  const run = await new RunProcess(odd()).registered();
  const params = { filler: 'x'.repeat(65 * 2 ** 20) };
  expect((await post(run, {}, { id: 1, method: 'initialize', params })).status).toBe(413);
  expect((await post(run)).status).toBe(200);
});
