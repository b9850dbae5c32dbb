/** How often the clock is looked at, and how far it must have jumped for a sleep, in milliseconds. */
const LOOK = 5_000;
const JUMP = 15_000;

/** Calls back when the clock has jumped: the machine was asleep. Returns the stop. Keeps no process alive. */
export function watchForWake(onWake: () => void, now: () => number = Date.now): () => void {
  let last = now();
  const timer = setInterval(() => {
    const seen = now();
    if (seen - last > JUMP) onWake();
    last = seen;
  }, LOOK);
  timer.unref();
  return () => clearInterval(timer);
}
