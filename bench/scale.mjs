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
  median,
  memory,
  Peer,
  quantile,
  register,
  start,
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

async function coldStart() {
  const nothing = [];
  const answered = [];
  const where = directory();
  for (let n = 0; n < 25; n += 1) {
    nothing.push(await timed(() => once(start(process.execPath, ['-e', '0']), 'exit')));
    let hub;
    answered.push(
      await timed(async () => {
        hub = await startHub(where);
      }),
    );
    hub.child.kill();
    await once(hub.child, 'exit');
  }
  const ratio = median(answered) / median(nothing);
  row(
    'cold start to the answer to `initialize`',
    `${median(answered).toFixed(0)} ms`,
    `${ratio.toFixed(2)} × \`node -e 0\` (${median(nothing).toFixed(0)} ms)`,
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
  const calls = async (count) => {
    let left = count;
    const caller = async () => {
      while (left > 0) {
        left -= 1;
        await hub.call('echo', { text: 'hello' });
      }
    };
    await Promise.all(Array.from({ length: 16 }, caller));
  };
  const heap = async () => {
    await pause(300);
    hub.child.kill('SIGUSR2');
    const [line] = await once(hub.child.stdio[2], 'data');
    return Number(line) / 2 ** 20;
  };
  await calls(5_000);
  const [before, rss] = [await heap(), memory(hub.child.pid)];
  await calls(50_000);
  const [after, rssAfter] = [await heap(), memory(hub.child.pid)];
  row(
    'heap in use after GC, growth over 50,000 calls',
    `${(after - before).toFixed(1)} MiB`,
    `RSS ${rss.toFixed(0)} → ${rssAfter.toFixed(0)} MiB`,
  );
  hub.child.kill();
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
  await pause(5_000);
  const before = cpu(hub.child.pid);
  await pause(10_000);
  const share = (cpu(hub.child.pid) - before) / 10_000;
  row(
    `${count} instances`,
    `all active in ${took.toFixed(0)} ms`,
    `idle: ${(share * 100).toFixed(1)} % of a core over 10 s, RSS ${memory(hub.child.pid).toFixed(0)} MiB`,
  );
  hub.child.kill();
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
