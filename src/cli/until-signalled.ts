/** Keeps the process until it is to end. */
export function untilSignalled(): Promise<void> {
  return new Promise((stop) => {
    // Something to stay for: a promise alone keeps no process alive.
    const stay = setInterval(() => {}, 2 ** 30);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.once(signal, () => {
        clearInterval(stay);
        stop();
      });
    }
  });
}
