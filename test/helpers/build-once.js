// Jest's global setup: real processes run the bundle, so it is made of what is tested; and their sockets are not among
// those of the user.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default function buildOnce() {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
  const runtime = mkdtempSync(join(tmpdir(), 'signalbox-run-'));
  process.env.XDG_RUNTIME_DIR = runtime;
  process.on('exit', () => rmSync(runtime, { recursive: true, force: true }));
}
