// Compares the cost of a call through the hub with a minimal pipe and a direct client: npm run bench [-- ROUNDS]
// The rounds of all peers are interleaved so that noise affects all of them. Prints medians over rounds, and ratios to the pipe.
import http from 'node:http';
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

const rounds = Number(process.argv[2] ?? 7);
const MIB = 2 ** 20;

/** A client that calls the server directly over HTTP. */
function directClient(port) {
  const agent = new http.Agent({ keepAlive: true });
  let last = 0;
  const request = (method, params) =>
    new Promise((resolve) => {
      last += 1;
      const body = JSON.stringify({ jsonrpc: '2.0', id: last, method, params });
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'content-length': Buffer.byteLength(body),
      };
      http
        .request(
          { port, host: '127.0.0.1', path: '/mcp', method: 'POST', agent, headers },
          (response) => {
            response.on('data', () => {});
            response.on('end', resolve);
          },
        )
        .end(body);
    });
  return { call: (name, args) => request('tools/call', { name, arguments: args }), child: process };
}

async function repeat(count, callers, call) {
  const latencies = [];
  let left = count;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      latencies.push(await timed(call));
    }
  };
  const took = await timed(() => Promise.all(Array.from({ length: callers }, caller)));
  return { latencies, perSecond: (count / took) * 1000 };
}

const MEASURES = [
  [
    '1 caller, p50 µs',
    (peer) => repeat(1_000, 1, () => peer.call('echo', { text: 'hello' })),
    ({ latencies }) => quantile(latencies, 0.5) * 1000,
  ],
  ['1 caller, p95 µs', null, ({ latencies }) => quantile(latencies, 0.95) * 1000],
  ['1 caller, p99 µs', null, ({ latencies }) => quantile(latencies, 0.99) * 1000],
  ['16 callers, calls/s', (peer) => loaded(peer, 16), ({ perSecond }) => perSecond],
  ['16 callers, CPU µs per call', null, ({ cpuPerCall }) => cpuPerCall],
  ['64 callers, calls/s', (peer) => loaded(peer, 64), ({ perSecond }) => perSecond],
  [
    '1 MiB result, ms',
    (peer) => repeat(20, 1, () => peer.call('big', { bytes: MIB })),
    ({ latencies }) => median(latencies),
  ],
  [
    '8 MiB result, ms',
    (peer) => repeat(5, 1, () => peer.call('big', { bytes: 8 * MIB })),
    ({ latencies }) => median(latencies),
  ],
];

async function loaded(peer, callers) {
  const before = cpu(peer.child.pid);
  const run = await repeat(4_000, callers, () => peer.call('echo', { text: 'hello' }));
  return { ...run, cpuPerCall: ((cpu(peer.child.pid) - before) / 4_000) * 1000 };
}

async function compare(kind, args) {
  const server = await startServer('bench/server.mjs', args);
  const where = directory();
  register(where, 'bench', server.port);
  const hub = new Peer(
    start(process.execPath, [BIN, 'hub', '--instances-dir', where, '--log-level', 'silent']),
  );
  const pipe = new Peer(startPipe(server.port));
  const peers = { direct: directClient(server.port), pipe, hub };
  const startRemote = mcpRemote();
  if (startRemote !== null) peers['mcp-remote'] = new Peer(startRemote(server.port));
  for (const peer of Object.values(peers)) await peer.initialize?.();
  await hub.call('instances_connect', { instance_id: 'bench' });
  for (const peer of Object.values(peers))
    await repeat(2_000, 16, () => peer.call('echo', { text: 'warm' }));

  const names = Object.keys(peers);
  const results = MEASURES.map(() => Object.fromEntries(names.map((name) => [name, []])));
  for (let round = 0; round < rounds; round += 1) {
    let run = {};
    for (const [index, [, measure, read]] of MEASURES.entries()) {
      if (measure !== null) {
        run = {};
        for (const [name, peer] of Object.entries(peers)) run[name] = await measure(peer);
      }
      for (const name of names) results[index][name].push(read(run[name]));
    }
  }
  const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
  console.log(`\n### ${kind}\n`);
  row('', ...names, ...names.slice(2).map((name) => `${name} ÷ pipe`));
  row('---', ...names.map(() => '---'), ...names.slice(2).map(() => '---'));
  for (const [index, [what]] of MEASURES.entries()) {
    const of = results[index];
    const show = (values) => median(values).toFixed(median(values) < 100 ? 1 : 0);
    const ratio = (values) => median(values.map((value, round) => value / of.pipe[round]));
    row(
      what,
      ...names.map((name) => show(of[name])),
      ...names.slice(2).map((name) => ratio(of[name]).toFixed(2)),
    );
  }
  const resident = names.map((name) =>
    name === 'direct' ? '' : memory(peers[name].child.pid).toFixed(0),
  );
  row('resident memory afterwards, MiB', ...resident, ...names.slice(2).map(() => ''));
  for (const name of names.slice(1)) peers[name].child.kill();
  server.child.kill();
}

try {
  await compare('Answers as JSON', []);
  await compare('Answers as event streams', ['--sse']);
} finally {
  cleanUp();
}
