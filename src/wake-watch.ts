/** How often to check the clock, and the minimum jump that counts as sleep, in milliseconds. */
const CHECK_INTERVAL = 5_000;
const MIN_JUMP = 15_000;

/** Calls `onWake` when the clock has jumped, because the machine was asleep. Returns a function that stops it. */
export function watchForWake(onWake: () => void, now: () => number = Date.now): () => void {
  let last = now();
  const timer = setInterval(() => {
    const seen = now();
    if (seen - last > MIN_JUMP) onWake();
    last = seen;
  }, CHECK_INTERVAL);
  timer.unref();
  return () => clearInterval(timer);
}
