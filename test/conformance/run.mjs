// Runs the official conformance suite against the server, directly and through the hub, and compares the scores.
// The suite needs Node 22 or newer, installed by npm. Fails if a scenario passes directly but not through the hub.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBridge } from './bridge.mjs';
import { startServer } from './server.mjs';

const SUITE = ['--package=node@24', '--package=@modelcontextprotocol/conformance@0.1.16'];

const home = realpathSync(mkdtempSync(join(tmpdir(), 'signalbox-conformance-')));

/** @param {string[]} args */
async function suite(args) {
  const child = spawn('npm', ['exec', '--yes', ...SUITE, '--', 'conformance', ...args], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await once(child, 'close');
  return output;
}

/**
 * Numbers of passed and failed checks by scenario.
 *
 * @param {number} port
 */
async function score(port) {
  const output = await suite(['server', '--url', `http://localhost:${port}/mcp`, '--suite', 'all']);
  const rows = output.matchAll(/^([✓✗]) (\S+): (\d+) passed, (\d+) failed/gm);
  return new Map(
    Array.from(rows, ([, , name, passed, failed]) => [
      name,
      { passed: Number(passed), failed: Number(failed) },
    ]),
  );
}

const server = await startServer();
writeFileSync(
  join(home, 'instance.json'),
  JSON.stringify({ id: 'conformance', name: 'conformance', path: home, port: server.port }),
  { mode: 0o600 },
);
const bridge = await startBridge({ directory: home, project: home });
try {
  const direct = await score(server.port);
  const through = await score(bridge.port);
  let worse = 0;
  for (const [name, { passed, failed }] of direct) {
    const hub = through.get(name) ?? { passed: 0, failed: 1 };
    const isWorse = hub.failed > failed || hub.passed < passed;
    if (isWorse) worse += 1;
    console.log(
      `${name.padEnd(34)} direct ${passed}/${passed + failed}  through the hub ${hub.passed}/${hub.passed + hub.failed}${isWorse ? '  WORSE' : ''}`,
    );
  }
  const clean = (/** @type {typeof direct} */ scores) =>
    [...scores.values()].filter(({ failed }) => failed === 0).length;
  console.log(
    `\nconformance: direct ${clean(direct)}/${direct.size} scenarios, through the hub ${clean(through)}/${through.size}`,
  );
  process.exitCode = worse === 0 && direct.size > 0 ? 0 : 1;
} finally {
  await bridge.close();
  await server.close();
  rmSync(home, { recursive: true, force: true });
}
