import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../dist/signalbox.js', import.meta.url));

/** @typedef {{ result?: any, error?: { code: number, message: string, data?: any } }} Answer */

/** An agent with its own hub that reads and writes raw frames. */
export class Agent {
  /** @type {Map<number, (answer: Answer) => void>} */
  #open = new Map();
  /** @type {Set<number>} */
  #cancelled = new Set();
  #last = 0;
  stderr = '';
  #child;

  /** @param {string} directory @param {readonly string[]} options */
  constructor(directory, options) {
    const args = [BIN, 'hub', '--instances-dir', directory, '--log-level', 'warn', ...options];
    this.#child = spawn(process.execPath, args, { stdio: 'pipe' });
    this.#child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    this.#child.stdin.on('error', () => {});
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, method, result, error } = JSON.parse(line);
      if (method !== undefined || id === undefined) return;
      // If the answer was already on its way when the call was cancelled, it arrives once.
      if (this.#cancelled.delete(id)) return;
      const settle = this.#open.get(id);
      if (settle === undefined) throw new Error(`unexpected or duplicate answer: ${line}`);
      this.#open.delete(id);
      settle({ result, error });
    });
  }

  get isAlive() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Number of unanswered requests. */
  get unanswered() {
    return this.#open.size;
  }

  /** @param {string} method @param {object} params @returns {Promise<Answer>} */
  request(method, params) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.#write({ jsonrpc: '2.0', id, method, params });
    });
  }

  /** @param {string} name @param {object} args */
  call(name, args) {
    return this.request('tools/call', { name, arguments: args });
  }

  /** Makes a call and cancels it after `patience` milliseconds; resolves with null then. @param {string} name @param {object} args @param {number} patience */
  async callFor(patience, name, args) {
    const answer = this.call(name, args);
    const id = this.#last;
    const timer = new AbortController();
    const late = pause(patience, null, { signal: timer.signal }).catch(() => null);
    const first = await Promise.race([answer, late]);
    timer.abort();
    if (first !== null) return first;
    this.#open.delete(id);
    this.#cancelled.add(id);
    const params = { requestId: id, reason: 'takes too long' };
    this.#write({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
    return null;
  }

  async initialize() {
    const clientInfo = { name: 'chaos', version: '1' };
    await this.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo,
    });
    this.#write({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** Number of open sockets of the hub. */
  sockets() {
    const folder = `/proc/${this.#child.pid}/fd`;
    return readdirSync(folder).filter((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`).startsWith('socket:');
      } catch {
        return false;
      }
    }).length;
  }

  /** Closes stdin, like an agent that exits. Resolves with the exit code. */
  async leave() {
    const exit = once(this.#child, 'exit');
    this.#child.stdin.end();
    const [code] = await exit;
    return code;
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  /** @param {object} message */
  #write(message) {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }
}
