// What many calls and many instances leave behind: heap after 50,000 calls, 100 and 500 idle instances, cold start.
// node bench/scale.mjs
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  BIN,
  cleanUp,
  cpu,
  directory,
  mcpRemote,
  median,
  memory,
  Peer,
  quantile,
  register,
  start,
  startPipe,
  startServer,
  timed,
} from './peers.mjs';

const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

async function startHub(where, args = [], node = []) {
  const child = start(
    process.execPath,
    [...node, BIN, 'hub', '--instances-dir', where, '--log-level', 'silent', ...args],
    {
      stdio: 'pipe',
    },
  );
  const hub = new Peer(child);
  await hub.initialize();
  return hub;
}

/** Milliseconds until the process that `begin` starts has answered `initialize`. */
async function untilAnswered(begin) {
  let peer;
  const took = await timed(async () => {
    peer = await begin();
  });
  peer.child.kill('SIGKILL');
  await once(peer.child, 'exit');
  return took;
}

async function coldStart() {
  const nothing = [];
  const hub = [];
  const remote = [];
  const where = directory();
  const server = await startServer('bench/server.mjs');
  const startRemote = mcpRemote();
  for (let n = 0; n < 25; n += 1) {
    nothing.push(await timed(() => once(start(process.execPath, ['-e', '0']), 'exit')));
    hub.push(await untilAnswered(() => startHub(where)));
    if (startRemote === null || n % 5 !== 0) continue;
    remote.push(
      await untilAnswered(async () => {
        const peer = new Peer(startRemote(server.port));
        await peer.initialize();
        return peer;
      }),
    );
  }
  server.child.kill();
  const times = (values) => (median(values) / median(nothing)).toFixed(2);
  const beside = `${times(hub)} × \`node -e 0\` (${median(nothing).toFixed(0)} ms)`;
  row(
    'cold start to the answer to `initialize`',
    `${median(hub).toFixed(0)} ms`,
    remote.length === 0 ? beside : `${beside}; mcp-remote ${times(remote)} ×`,
  );
}

async function sdkClient() {
  const server = await startServer('test/fixtures/sdk-stateful.mjs');
  const where = directory();
  register(where, 'sdk', server.port);
  const connect = async (transport) => {
    const client = new Client({ name: 'bench', version: '1' });
    await client.connect(transport);
    return client;
  };
  const direct = await connect(
    new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${server.port}/mcp`)),
  );
  const args = [BIN, 'hub', '--instances-dir', where, '--log-level', 'silent'];
  const through = await connect(new StdioClientTransport({ command: process.execPath, args }));
  await through.callTool({ name: 'instances_connect', arguments: { instance_id: 'sdk' } });
  const call = (client) => client.callTool({ name: 'echo', arguments: { text: 'x' } });
  const ratios = [];
  const values = { direct: [], through: [] };
  for (let round = 0; round < 7; round += 1) {
    const took = { direct: [], through: [] };
    for (let n = 0; n < 300; n += 1) {
      took.direct.push(await timed(() => call(direct)));
      took.through.push(await timed(() => call(through)));
    }
    if (round === 0) continue;
    const [d, t] = [quantile(took.direct, 0.5), quantile(took.through, 0.5)];
    values.direct.push(d);
    values.through.push(t);
    ratios.push(t / d);
  }
  row(
    'p50 of a call, official SDK client, SDK server',
    `${median(values.through).toFixed(2)} ms`,
    `${median(ratios).toFixed(2)} × the same client directly over HTTP (${median(values.direct).toFixed(2)} ms)`,
  );
  await through.close();
  await direct.close();
  server.child.kill();
}

async function calls(peer, count) {
  let left = count;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      await peer.call('echo', { text: 'hello' });
    }
  };
  await Promise.all(Array.from({ length: 16 }, caller));
}

async function manyCalls() {
  const server = await startServer('bench/server.mjs', ['--sse']);
  const where = directory();
  register(where, 'bench', server.port);
  const hub = await startHub(
    where,
    [],
    ['--expose-gc', '--import', new URL('heap-on-signal.mjs', import.meta.url).href],
  );
  await hub.call('instances_connect', { instance_id: 'bench' });
  const heap = async () => {
    await pause(300);
    hub.child.kill('SIGUSR2');
    const [line] = await once(hub.child.stdio[2], 'data');
    return Number(line) / 2 ** 20;
  };
  await calls(hub, 5_000);
  const [before, rss] = [await heap(), memory(hub.child.pid)];
  await calls(hub, 50_000);
  const after = await heap();
  row('heap in use after GC, growth over 50,000 calls', `${(after - before).toFixed(1)} MiB`, '');
  const growth = [`${(memory(hub.child.pid) - rss).toFixed(0)} MiB`];
  hub.child.kill();
  const others = { pipe: startPipe, 'mcp-remote': mcpRemote() };
  for (const [name, begin] of Object.entries(others)) {
    if (begin === null) continue;
    const peer = new Peer(begin(server.port));
    await peer.initialize();
    await calls(peer, 5_000);
    const resident = memory(peer.child.pid);
    await calls(peer, 50_000);
    growth.push(`${name} ${(memory(peer.child.pid) - resident).toFixed(0)} MiB`);
    peer.child.kill();
  }
  row('resident memory, growth over 50,000 calls', growth[0], growth.slice(1).join(', '));
  server.child.kill();
}

async function manyInstances(count) {
  const server = await startServer('bench/server.mjs');
  const where = directory();
  const hub = await startHub(where);
  await hub.call('instances_list');
  const ids = Array.from({ length: count }, (_, n) => `i${n}`);
  const took = await timed(async () => {
    const waiting = Promise.all(ids.map((id) => hub.call('instances_wait', { instance_id: id })));
    for (const id of ids) register(where, id, server.port);
    await waiting;
  });
  const pinger = start(process.execPath, [
    new URL('pinger.mjs', import.meta.url).pathname,
    String(count),
    String(server.port),
  ]);
  await pause(6_000);
  const before = [hub.child, pinger].map(({ pid }) => cpu(pid));
  await pause(10_000);
  const [idle, floor] = [hub.child, pinger].map(({ pid }, n) => (cpu(pid) - before[n]) / 100);
  row(`${count} instances: all active`, `${took.toFixed(0)} ms`, '');
  row(
    `${count} instances: idle, of a core over 10 s`,
    `${idle.toFixed(1)} %`,
    `nothing but the same pings over node:http: ${floor.toFixed(1)} %`,
  );
  row(`${count} instances: resident memory`, `${memory(hub.child.pid).toFixed(0)} MiB`, '');
  hub.child.kill();
  pinger.kill();
  server.child.kill();
}

try {
  row('what', 'hub', 'beside');
  row('---', '---', '---');
  await coldStart();
  await sdkClient();
  await manyCalls();
  await manyInstances(100);
  await manyInstances(500);
} finally {
  cleanUp();
}
