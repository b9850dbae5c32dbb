import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** A server process and its registration file. */
export class Instance {
  id;
  #kind;
  #directory;
  #journal;
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null;
  port = 0;
  isStopped = false;

  /** @param {{ id: string, kind: string, directory: string, journal: string }} facts `journal`: the file that it logs received calls to */
  constructor({ id, kind, directory, journal }) {
    this.id = id;
    this.#kind = kind;
    this.#directory = directory;
    this.#journal = journal;
  }

  get isUp() {
    return this.#child !== null;
  }

  get file() {
    return join(this.#directory, `${this.id}.json`);
  }

  /** Starts the server, on its previous port if `samePort` is set and the port is free. @param {boolean} samePort */
  async start(samePort) {
    if (this.#child !== null) return;
    const port = samePort ? this.port : 0;
    const child = spawn(process.execPath, [`${FIXTURES}${this.#kind}.mjs`, '--port', `${port}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, JOURNAL: this.#journal },
    });
    const first = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (child.exitCode !== null || child.signalCode !== null) return this.start(false);
    this.#child = child;
    this.port = JSON.parse(String(first[0])).port;
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
      this.isStopped = false;
    });
  }

  /** @param {'SIGKILL' | 'SIGTERM'} signal */
  async end(signal) {
    const child = this.#child;
    if (child === null) return;
    const exit = once(child, 'exit');
    this.goOn();
    child.kill(signal);
    await exit;
  }

  stop() {
    if (this.#child === null) return;
    this.isStopped = true;
    this.#child.kill('SIGSTOP');
  }

  goOn() {
    this.isStopped = false;
    this.#child?.kill('SIGCONT');
  }

  /** Writes a valid registration. */
  register() {
    const registration = { id: this.id, name: this.id, path: `/chaos/${this.id}`, port: this.port };
    this.write(JSON.stringify({ ...registration, pid: this.#child?.pid ?? 1 }));
  }

  /** @param {string} content */
  write(content) {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const draft = join(this.#directory, `.${this.id}.tmp`);
    writeFileSync(draft, content, { mode: 0o600 });
    renameSync(draft, this.file);
  }

  unregister() {
    rmSync(this.file, { force: true });
  }
}
