// How fast the hub notices. Real processes; medians and 95th percentiles of N trials: node bench/levels.mjs [N]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(root, 'dist/signalbox.js');
const trials = Number(process.argv[2] ?? 20);

const directory = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
const children = new Set();

function start(command, args, env = {}) {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function fixture(name, args = []) {
  const child = start(process.execPath, [join(root, 'test/fixtures', `${name}.mjs`), ...args]);
  const [line] = await once(child.stdout, 'data');
  return { child, ...JSON.parse(String(line)) };
}

function register(id, port, extra = {}) {
  const draft = join(directory, `${id}.tmp`);
  writeFileSync(draft, JSON.stringify({ id, name: id, path: `/projects/${id}`, port, ...extra }), {
    mode: 0o600,
  });
  renameSync(draft, join(directory, `${id}.json`));
}

/** A hub and a way to ask it. */
function hub(args = []) {
  const child = start(process.execPath, [
    BIN,
    'hub',
    '--instances-dir',
    directory,
    '--log-level',
    'silent',
    ...args,
  ]);
  const open = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result } = JSON.parse(line);
    open.get(id)?.(result);
    open.delete(id);
  });
  let last = 0;
  const request = (method, params) =>
    new Promise((resolve) => {
      last += 1;
      open.set(last, resolve);
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: last, method, params })}\n`);
    });
  return {
    child,
    request,
    call: (name, args = {}) => request('tools/call', { name, arguments: args }),
  };
}

const since = (began) => performance.now() - began;

function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms (${sorted.length} trials)`;
}

async function repeat(count, measure) {
  const values = [];
  for (let n = 0; n < count; n += 1) values.push(await measure(n));
  return values;
}

function report(what, values) {
  console.log(`${what.padEnd(58)} ${summary(values)}`);
}

/** Resident memory of a process in MiB. */
function memory(pid) {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kib) / 1024;
}

async function startTimes() {
  const nothing = await repeat(trials, async () => {
    const began = performance.now();
    await once(start(process.execPath, ['-e', '0']), 'exit');
    return since(began);
  });
  const answered = await repeat(trials, async () => {
    const began = performance.now();
    const { child, request } = hub();
    await request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'b', version: '0' },
    });
    const took = since(began);
    child.stdin.end();
    await once(child, 'exit');
    return took;
  });
  report('node -e 0', nothing);
  report('hub: start → answer to initialize', answered);
  const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  console.log(
    `${'hub start / node -e 0'.padEnd(58)} ${(median(answered) / median(nothing)).toFixed(2)} ×`,
  );
}

async function lives() {
  const one = hub();
  await one.call('instances_list');
  const server = await fixture('sdk-stateful');
  await register('warm', server.port);
  await one.call('instances_wait', { instance_id: 'warm' });

  report(
    'rename → active',
    await repeat(trials, async (n) => {
      const waiting = one.call('instances_wait', { instance_id: `r${n}` });
      await new Promise((resolve) => setTimeout(resolve, 30));
      const began = performance.now();
      register(`r${n}`, server.port);
      await waiting;
      return since(began);
    }),
  );

  const kills = [];
  const revivals = [];
  await repeat(trials, async (n) => {
    const id = `k${n}`;
    const first = await fixture('sdk-stateful');
    register(id, first.port);
    await one.call('instances_wait', { instance_id: id });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const gone = one.call('instances_wait', { instance_id: id, state: 'retrying' });
    let began = performance.now();
    first.child.kill('SIGKILL');
    await gone;
    kills.push(since(began));
    const second = await fixture('sdk-stateful', ['--port', String(first.port)]);
    const back = one.call('instances_wait', { instance_id: id });
    began = performance.now();
    register(id, second.port);
    await back;
    revivals.push(since(began));
    second.child.kill('SIGKILL');
  });
  report('kill -9 → retrying (standing stream)', kills);
  report('listens again, file rewritten → active', revivals);

  const began = performance.now();
  one.child.kill('SIGTERM');
  await once(one.child, 'exit');
  report('SIGTERM → exit', [since(began)]);
  rmSync(directory, { recursive: true });
}

async function crowd() {
  const { mkdirSync } = await import('node:fs');
  mkdirSync(directory, { mode: 0o700 });
  const server = await fixture('plain-post');
  const many = hub();
  await many.call('instances_list');
  console.log(`${'hub without instances'.padEnd(58)} ${memory(many.child.pid).toFixed(0)} MiB`);
  for (const count of [100, 200]) {
    const ids = Array.from({ length: count }, (_, n) => `m${count}-${n}`);
    const waiting = Promise.all(ids.map((id) => many.call('instances_wait', { instance_id: id })));
    const began = performance.now();
    for (const id of ids) register(id, server.port);
    await waiting;
    console.log(
      `${`${count} files at once → all active`.padEnd(58)} ${since(began).toFixed(0)} ms`,
    );
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    console.log(
      `${`hub with ${count === 100 ? 100 : 300} instances`.padEnd(58)} ${memory(many.child.pid).toFixed(0)} MiB`,
    );
  }
}

try {
  await startTimes();
  await lives();
  await crowd();
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
}
