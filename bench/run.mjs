// All benchmarks of calls and of scale, as Markdown: npm run bench [-- --write] [-- ROUNDS]. --write: into docs/benchmarks.md
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writePage } from './page.mjs';

const rounds = process.argv.slice(2).find((arg) => /^\d+$/.test(arg)) ?? '7';

/** What a program of this folder prints; shown as it comes. */
function outputOf(file, ...args) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${file}: exit ${code}`)),
    );
  });
}

const calls = await outputOf('calls.mjs', rounds);
const scale = await outputOf('scale.mjs');
if (process.argv.includes('--write')) {
  const text = `Machines differ and are noisy: read the ratios, not the figures. All that stands side by side was measured in one run, its
rounds interleaved, and each ratio is the median of the ratios of ${rounds} rounds.

- **direct**: an HTTP client without anything between, in the process that measures
- **pipe**: [the least that can carry MCP](../bench/pipe.mjs) from stdio to HTTP: nothing is supervised, healed, cancelled or merged
- **hub**: \`signalbox hub\`, its session connected to the instance
- **mcp-remote**: version 0.15.1, the usual bridge from stdio to one HTTP server

## Calls
${calls}
## Start, memory, many instances

${scale}`;
  writePage('benchmarks', 'Benchmarks', 'npm run bench -- --write', text);
}
