// Runs the benchmarks of calls and scale and prints them as Markdown: npm run bench [-- --write] [-- ROUNDS].
// --write updates docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writePage } from './page.mjs';

const rounds = process.argv.slice(2).find((arg) => /^\d+$/.test(arg)) ?? '7';

/** Runs a program of this folder and resolves with its output, which is also printed as it arrives. */
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
  const text = `Machines differ and are noisy, so compare the ratios rather than the absolute figures. Figures in one row come from one run with
interleaved rounds, and each ratio is the median of the ratios of ${rounds} rounds.

- **direct**: an HTTP client in the measuring process, with nothing in between
- **pipe**: [a minimal bridge](../bench/pipe.mjs) from stdio to HTTP, without supervision, reconnection, cancellation or merged lists
- **hub**: \`signalbox hub\`, with a session connected to the instance
- **mcp-remote**: version 0.15.1, the common bridge from stdio to one HTTP server

## Calls
${calls}
## Start, memory, many instances

${scale}
## Missed targets, and why

The target for 500 idle instances is under 2 % of a core. The same pings over bare \`node:http\` already cost more than that on this machine, so
the target can't be reached with a ping every 5 s: Node servers close idle sockets after 5 s, so each ping needs a new connection. According to
V8's profiler, the hub spends 30 % of its time connecting sockets, 36 % in the rest of Node's HTTP, 29 % in its own code and XState's, and 5 % in garbage
collection and the like. \`--ping-interval 20s\` costs a quarter. The death of a server with a standing stream is noticed immediately in any case.

Resident memory with 500 instances is at its target of 150 MiB rather than safely under it: 136 to 159 MiB over many runs, of which 26 MiB
are heap in use. The rest is memory that V8 keeps for young objects after a busy start.
`;
  writePage('benchmarks', 'Benchmarks', 'npm run bench -- --write', text);
}
