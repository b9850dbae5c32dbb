// How long a hub takes to answer initialize, beside `node -e 0`: the minimum of interleaved runs, in a bare environment.
//   node bench/cold-start.mjs [--runs 25] [--profile DIRECTORY]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '25' }, profile: { type: 'string' } },
});
const bin = fileURLToPath(new URL('../dist/signalbox.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
const env = { PATH: process.env.PATH, HOME: home };
const INITIALIZE = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1' },
  },
})}\n`;

/** Milliseconds until `args` have ended. */
function untilExit(args) {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
    child.once('exit', () => resolve(performance.now() - began));
  });
}

/** Milliseconds until a hub answers initialize; then it is told to end. */
function untilAnswer(nodeArgs = []) {
  const began = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...nodeArgs, bin, 'hub'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let took = 0;
    child.stdin.write(INITIALIZE);
    child.stdout.once('data', () => {
      took = performance.now() - began;
      child.stdin.end();
    });
    child.once('exit', () => resolve(took));
  });
}

const bare = [];
const hub = [];
for (let run = 0; run < Number(values.runs); run += 1) {
  bare.push(await untilExit(['-e', '0']));
  hub.push(await untilAnswer());
}
if (values.profile !== undefined) {
  await untilAnswer(['--cpu-prof', '--cpu-prof-interval=100', `--cpu-prof-dir=${values.profile}`]);
}
rmSync(home, { recursive: true, force: true });
const [least, most] = [Math.min(...bare), Math.min(...hub)];
console.log(`node -e 0                ${least.toFixed(1)} ms`);
console.log(`initialize of a hub      ${most.toFixed(1)} ms`);
console.log(`ratio                    ${(most / least).toFixed(2)}`);
