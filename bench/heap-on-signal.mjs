// Loaded into a hub by the benchmarks: on SIGUSR2 it collects garbage and writes the bytes of heap in use to stderr.
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  process.stderr.write(`${process.memoryUsage().heapUsed}\n`);
});
