// The benchmarks load this into a hub. On SIGUSR2 it collects garbage and writes the heap in use, in bytes, to stderr.
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  process.stderr.write(`${process.memoryUsage().heapUsed}\n`);
});
