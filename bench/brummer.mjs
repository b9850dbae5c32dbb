// Measures `scripts_list` of a real Brummer directly, through Brummer's own hub and through this one, alternating call by
// call: BRUM=/path/to/brum node bench/brummer.mjs [ROUNDS] [CALLS]

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { BIN, cleanUp, directory, median, Peer, quantile, start, timed } from './peers.mjs';

const BRUM = process.env['BRUM'];
if (BRUM === undefined) {
  console.error(
    'Set BRUM to the path of the Brummer binary (see docs/recipes.md for how to build it).',
  );
  process.exit(2);
}
const rounds = Number(process.argv[2] ?? 9);
const calls = Number(process.argv[3] ?? 1_000);
const REQUEST =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"scripts_list","arguments":{}}}';

/** Starts Brummer in a new project. Resolves with its environment and id once it has registered. */
async function startBrummer() {
  const [runtime, project] = [directory(), directory()];
  const scripts = { dev: 'node server.js', build: 'tsc', test: 'jest' };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'shop', scripts }));
  const env = { ...process.env, XDG_RUNTIME_DIR: runtime, HOME: project };
  const instances = join(runtime, 'brummer', 'instances');
  mkdirSync(instances, { recursive: true, mode: 0o700 });
  const child = start(BRUM, ['--no-tui', '--no-proxy', '-d', project, '-p', '17777'], { env });
  child.stdout.resume();
  for (;;) {
    const file = readdirSync(instances).find((name) => name.endsWith('.json'));
    if (file !== undefined) return { env, instances, id: file.slice(0, -'.json'.length) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A client that calls the server directly over HTTP. */
function direct(port, accept) {
  const agent = new http.Agent({ keepAlive: true });
  const headers = {
    'content-type': 'application/json',
    accept,
    'content-length': Buffer.byteLength(REQUEST),
  };
  const to = { port, host: '127.0.0.1', path: '/mcp', method: 'POST', agent, headers };
  return () =>
    new Promise((resolve, reject) => {
      const request = http.request(to, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve(body));
      });
      request.on('error', reject);
      request.end(REQUEST);
    });
}

/** Asks until `check` accepts the answer, because hubs take a moment to find their instances. */
async function until(ask, check) {
  for (let tries = 0; tries < 100; tries += 1) {
    if (check(String(await ask()))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('timed out after 10 s: no answer passed the check');
}

async function compare() {
  const { env, instances, id } = await startBrummer();
  const { port } = JSON.parse(readFileSync(join(instances, `${id}.json`), 'utf8'));
  const brum = new Peer(start(BRUM, ['--mcp'], { env }));
  const ours = new Peer(
    start(process.execPath, [BIN, 'hub', '--instances-dir', instances, '--log-level', 'silent']),
  );
  await brum.initialize();
  await ours.initialize();
  await ours.call('instances_connect', { instance_id: id });
  const subjects = {
    'direct, event stream': direct(port, 'application/json, text/event-stream'),
    'direct, JSON': direct(port, 'application/json'),
    'brum --mcp': () => brum.call('hub_scripts_list', { instance_id: id }),
    'signalbox hub': () => ours.call('scripts_list'),
  };
  const names = Object.keys(subjects);
  for (const name of names) {
    await until(subjects[name], (answer) => answer.includes('node server.js'));
    for (let n = 0; n < 1_000; n += 1) await subjects[name]();
  }
  const results = names.map(() => ({ p50: [], p95: [] }));
  for (let round = 0; round < rounds; round += 1) {
    const latencies = names.map(() => []);
    for (let n = 0; n < calls; n += 1) {
      // Rotate the order, because each call affects the next.
      for (let k = 0; k < names.length; k += 1) {
        const index = (k + n) % names.length;
        latencies[index].push(await timed(subjects[names[index]]));
      }
    }
    for (const [index, each] of latencies.entries()) {
      results[index].p50.push(quantile(each, 0.5));
      results[index].p95.push(quantile(each, 0.95));
    }
  }
  print(names, results);
}

function print(names, results) {
  const theirs = results[names.indexOf('brum --mcp')];
  const ratio = (of, quantileName) =>
    median(of[quantileName].map((value, round) => value / theirs[quantileName][round])).toFixed(2);
  console.log(
    `\`scripts_list\`, ${rounds} rounds of ${calls} calls, one caller; medians of the rounds\n`,
  );
  console.log('| | p50 ms | p95 ms | p50 ÷ brum --mcp | p95 ÷ brum --mcp |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const [index, name] of names.entries()) {
    const of = results[index];
    const cells = [median(of.p50).toFixed(3), median(of.p95).toFixed(3)];
    console.log(`| ${[name, ...cells, ratio(of, 'p50'), ratio(of, 'p95')].join(' | ')} |`);
  }
}

try {
  await compare();
} finally {
  cleanUp();
}
