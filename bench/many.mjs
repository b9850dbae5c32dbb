// Real registration files, a real hub, and one server that answers for all, or nobody who listens: time until every
// instance is active or retrying, and what the hub costs meanwhile, idle, and when it stops.
// node bench/many.mjs [COUNT …]
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BIN, cleanUp, cpu, directory, memory, Peer, start, startServer } from './peers.mjs';

const MONITOR = fileURLToPath(new URL('monitor.mjs', import.meta.url));

/** Nobody listens at the port `discard`. */
const REFUSING = 9;

function writeRegistrations(where, count, port, pid) {
  for (let n = 0; n < count; n += 1) {
    const id = `i${n}`;
    // A path each: registrations of one endpoint would be taken for one another's successors.
    const facts = { id, name: id, path: `/projects/${id}`, port, pid };
    const text = JSON.stringify({ ...facts, url: `http://127.0.0.1:${port}/${id}` });
    writeFileSync(`${where}/${id}.json`, text, { mode: 0o600 });
  }
}

/** Resolves when the hub's log has said of `count` instances that they are in `state`. Other lines go to `onReport`. */
function untilAll(child, count, state, onReport) {
  const there = new Set();
  let rest = '';
  return new Promise((resolve) => {
    child.stderr.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const [, id] = /"?id"?[=:]"?(i\d+)/.exec(line) ?? [];
        if (id !== undefined && line.includes(state)) there.add(id);
        if (line.startsWith('{"maxDelay"')) onReport(JSON.parse(line));
        if (there.size === count) resolve();
      }
    });
  });
}

async function measure(count, state) {
  const server = await startServer('bench/server.mjs');
  const where = directory();
  writeRegistrations(where, count, state === 'active' ? server.port : REFUSING, server.pid);
  const args = ['hub', '--instances-dir', where, '--log-level', 'info'];
  const child = start(process.execPath, ['--import', MONITOR, BIN, ...args], { stdio: 'pipe' });
  const reports = [];
  const all = untilAll(child, count, state, (report) => reports.push(report));
  const began = performance.now();
  await new Peer(child).initialize();
  await all;
  const took = (performance.now() - began) / 1_000;
  const busy = cpu(child.pid) / 1_000;
  child.kill('SIGUSR2');
  await pause(500);
  const before = cpu(child.pid);
  await pause(10_000);
  const idle = (cpu(child.pid) - before) / 100;
  const resident = memory(child.pid);
  child.kill('SIGUSR2');
  await pause(500);
  const stopping = performance.now();
  child.kill('SIGTERM');
  await once(child, 'close');
  const stopped = performance.now() - stopping;
  server.child.kill();
  const turns = reports.map(({ longestTurn, maxDelay }) => `${longestTurn} (${maxDelay})`);
  const cells = [count, state, took.toFixed(1), busy.toFixed(1), ...turns];
  cells.push(idle.toFixed(0), resident.toFixed(0), stopped.toFixed(0));
  console.log(`| ${cells.join(' | ')} |`);
}

const counts = process.argv.slice(2).map(Number);
try {
  console.log(
    '| instances | until | s | CPU s | longest turn ms: start | idle | stop | idle % of a core | MiB | stop ms |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const count of counts.length > 0 ? counts : [500, 2_000, 10_000]) {
    await measure(count, 'active');
    await measure(count, 'retrying');
  }
} finally {
  cleanUp();
}
