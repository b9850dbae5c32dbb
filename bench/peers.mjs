// Starts the processes that the benchmarks measure, and talks to them.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
export const BIN = join(root, 'dist/signalbox.js');

const children = new Set();
const directories = new Set();

/** Starts a process; `cleanUp` kills it. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], ...options });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Starts a program of this repository that prints `{"port", "pid"}` once it listens. */
export async function startServer(file, args = []) {
  const child = start(process.execPath, [join(root, file), ...args]);
  const [line] = await once(child.stdout, 'data');
  return { child, ...JSON.parse(String(line)) };
}

export function directory() {
  const made = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  directories.add(made);
  return made;
}

/** Installs mcp-remote, the common bridge from stdio to HTTP, once per run, and returns how to start it. Null if npm fails. */
export function mcpRemote() {
  remote ??= directory();
  const program = join(remote, 'node_modules/mcp-remote/dist/proxy.js');
  try {
    if (!existsSync(program)) {
      const args = ['install', '--silent', '--no-save', '--prefix', remote, 'mcp-remote@0.15.1'];
      execFileSync('npm', args, { stdio: 'ignore' });
    }
    return (port) =>
      start(
        process.execPath,
        [program, `http://127.0.0.1:${port}/mcp`, '--allow-http', '--transport', 'http-only'],
        { env: { ...process.env, MCP_REMOTE_CONFIG_DIR: remote } },
      );
  } catch {
    console.error('npm could not install mcp-remote: it is not measured');
    return null;
  }
}

let remote;

export function startPipe(port) {
  const url = `http://127.0.0.1:${port}/mcp`;
  return start(process.execPath, [join(root, 'bench/pipe.mjs'), url]);
}

export function register(where, id, port, extra = {}) {
  const draft = join(where, `${id}.tmp`);
  const registration = { id, name: id, path: `/projects/${id}`, port, ...extra };
  writeFileSync(draft, JSON.stringify(registration), { mode: 0o600 });
  renameSync(draft, join(where, `${id}.json`));
}

/** Kills the started processes and deletes the created directories. */
export function cleanUp() {
  for (const child of children) child.kill('SIGKILL');
  for (const made of directories) rmSync(made, { recursive: true, force: true });
}

/** A raw client for a process that speaks MCP over stdio, so that the measurement includes no SDK. */
export class Peer {
  child;
  #open = new Map();
  #awaited = null;
  #last = 0;
  #parts = [];

  constructor(child) {
    this.child = child;
    child.stdout.on('data', (chunk) => {
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        this.#parts.push(chunk.subarray(from, end));
        this.#line(Buffer.concat(this.#parts));
        this.#parts = [];
        from = end + 1;
      }
      this.#parts.push(chunk.subarray(from));
    });
  }

  /** Resolves with the next notification of this method. */
  notified(method) {
    return new Promise((resolve) => {
      this.#awaited = { method, resolve };
    });
  }

  #line(line) {
    if (this.#awaited !== null && line.includes(`"method":"${this.#awaited.method}"`)) {
      this.#awaited.resolve();
      this.#awaited = null;
    }
    // The id is near the start or the end. Large answers are not parsed, to keep the measurement exact.
    const ends = `${line.toString('latin1', 0, 60)} ${line.toString('latin1', Math.max(0, line.length - 60))}`;
    const [, id] = /"id": *(\d+)/.exec(ends) ?? [];
    const settle = this.#open.get(Number(id));
    this.#open.delete(Number(id));
    settle?.(line);
  }

  request(method, params = {}) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.child.stdin.write(
        `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${JSON.stringify(params)}}\n`,
      );
    });
  }

  call(name, args = {}) {
    return this.request('tools/call', { name, arguments: args });
  }

  async initialize() {
    const clientInfo = { name: 'bench', version: '1' };
    await this.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo,
    });
    this.child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n');
  }
}

/** CPU time of a process in milliseconds, user and system. */
export function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Resident memory of a process in MiB. */
export function memory(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

export const median = (values) => quantile(values, 0.5);

/** Resolves with the milliseconds that `take` took. */
export async function timed(take) {
  const began = performance.now();
  await take();
  return performance.now() - began;
}
