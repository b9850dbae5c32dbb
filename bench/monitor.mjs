// Imported by a process that is measured: on SIGUSR2, and when it exits, it writes to stderr how long its event loop was
// blocked since the last time, and its heap. A busy machine delays a process that does nothing: `longestTurn` counts only
// the time for which the main thread had the processor.
import { readFileSync, writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const BEAT = 5;
const milliseconds = (nanoseconds) => Math.round(nanoseconds / 1e5) / 10;

const delays = monitorEventLoopDelay({ resolution: BEAT });
delays.enable();

/** Nanoseconds for which the main thread had the processor so far. */
const onProcessor = () =>
  Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]);

let longestTurn = 0;
let last = onProcessor();
const beat = setInterval(() => {
  const now = onProcessor();
  longestTurn = Math.max(longestTurn, now - last);
  last = now;
}, BEAT);
beat.unref();

function report() {
  const { max, mean } = delays;
  const facts = {
    maxDelay: milliseconds(max),
    meanDelay: milliseconds(mean),
    longestTurn: milliseconds(longestTurn),
    heap: process.memoryUsage().heapUsed / 2 ** 20,
  };
  writeSync(2, `${JSON.stringify(facts)}\n`);
  delays.reset();
  longestTurn = 0;
}
process.on('SIGUSR2', report);
process.on('exit', report);
