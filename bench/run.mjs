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

${scale}
## What is not reached, and why

500 idle instances were meant to cost under 2 % of a core. The same pings over bare \`node:http\` cost more than that on this machine, so it
can't be reached at a ping every 5 s: servers made with Node close idle sockets after 5 s, and each ping needs a new connection. Where the hub's
time goes, by V8's profiler: 30 % connecting sockets, 36 % the rest of Node's HTTP, 29 % the hub's own code and XState's, 5 % garbage
collection and the like. \`--ping-interval 20s\` costs a quarter; a server with a standing stream is found dead at once anyway.

Resident memory with 500 instances is at its target (150 MiB) rather than safely under it: 136 to 159 MiB over many runs, of which 26 MiB
are heap in use. The rest is what V8 keeps for young objects after a busy start.
`;
  writePage('benchmarks', 'Benchmarks', 'npm run bench -- --write', text);
}
