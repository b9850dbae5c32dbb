// Starts and stops instances for minutes and measures what the hub retains.
import { once } from 'node:events';
import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BIN, directory, memory, Peer, register, start, startServer } from './peers.mjs';

const INSTANCES = 12;
const heapOnSignal = new URL('heap-on-signal.mjs', import.meta.url).href;

/** Starts and kills an instance again and again until `isOver`. Resolves with the number of lifetimes. */
async function restart(where, id, isOver, kind) {
  let count = 0;
  for (; !isOver(); count += 1) {
    const server = await startServer(`test/fixtures/${kind}.mjs`);
    register(where, id, server.port);
    await pause(150);
    // Truncate the file, then write it again.
    writeFileSync(join(where, `${id}.json`), '{"id":', { mode: 0o600 });
    await pause(20);
    register(where, id, server.port);
    await pause(100);
    const ended = once(server.child, 'exit');
    server.child.kill(count % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
    await ended;
    await pause(50);
    if (count % 3 === 0) unlinkSync(join(where, `${id}.json`));
  }
  return count;
}

/** Resolves with the rows of a Markdown table. */
export async function churn({ minutes }) {
  const where = directory();
  const options = ['--instances-dir', where, '--log-level', 'silent'];
  const node = ['--expose-gc', '--import', heapOnSignal];
  const child = start(process.execPath, [...node, BIN, 'hub', ...options], { stdio: 'pipe' });
  const hub = new Peer(child);
  await hub.initialize();
  const ids = Array.from({ length: INSTANCES }, (_, n) => `c${n}`);

  /** Measures the hub with all instances active and idle. */
  const measure = async () => {
    const servers = await Promise.all(ids.map(() => startServer('test/fixtures/sdk-stateful.mjs')));
    for (const [n, { port }] of servers.entries()) register(where, ids[n], port);
    await Promise.all(
      ids.map((id) => hub.call('instances_wait', { instance_id: id, timeout_ms: 60_000 })),
    );
    await pause(6_000);
    child.kill('SIGUSR2');
    const [line] = await once(child.stderr, 'data');
    const measured = {
      heap: Number(line) / 2 ** 20,
      rss: memory(child.pid),
      descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
    };
    for (const [n, server] of servers.entries()) {
      server.child.kill('SIGKILL');
      unlinkSync(join(where, `${ids[n]}.json`));
    }
    return measured;
  };

  const run = async (milliseconds) => {
    const end = Date.now() + milliseconds;
    const isOver = () => Date.now() > end;
    const kinds = ['sdk-stateful', 'plain-post', 'brummer'];
    let calls = 0;
    const call = async () => {
      for (; !isOver(); calls += 1) {
        const id = ids[calls % INSTANCES];
        if (calls % 50 === 0) await hub.call('instances_connect', { instance_id: id });
        await hub.call('instances_call', {
          instance_id: id,
          tool: 'echo',
          arguments: { text: 'x' },
        });
        await pause(5);
      }
    };
    const [counts] = await Promise.all([
      Promise.all(ids.map((id, n) => restart(where, id, isOver, kinds[n % kinds.length]))),
      call(),
    ]);
    return { lifetimes: counts.reduce((sum, each) => sum + each, 0), calls };
  };

  // Warm up: compile code and fill pools.
  await run(15_000);
  const before = await measure();
  const { lifetimes, calls } = await run(minutes * 60_000);
  const after = await measure();
  child.kill();
  const row = (what, key, digits) =>
    `| ${what} | ${before[key].toFixed(digits)} | ${after[key].toFixed(digits)} | ${(after[key] - before[key]).toFixed(digits)} |`;
  return [
    `| after ${lifetimes} instance lifetimes and ${calls} calls | before | after | growth |`,
    '| --- | --- | --- | --- |',
    row('heap in use, MiB', 'heap', 1),
    row('resident memory, MiB', 'rss', 0),
    row('file descriptors', 'descriptors', 0),
  ];
}
