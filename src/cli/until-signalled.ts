const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Keeps the process until it is to end. Who says so twice doesn't want to wait for a proper end. */
export function untilSignalled(): Promise<void> {
  return new Promise((stop) => {
    // Something to stay for: a promise alone keeps no process alive.
    const stay = setInterval(() => {}, 2 ** 30);
    const onSignal = () => {
      clearInterval(stay);
      stop();
      for (const signal of SIGNALS) {
        process.off(signal, onSignal);
        process.once(signal, () => process.exit(1));
      }
    };
    for (const signal of SIGNALS) process.once(signal, onSignal);
  });
}
