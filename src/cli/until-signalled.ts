const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Resolves at the first signal and keeps the process alive until then. A second signal exits at once. */
export function untilSignalled(): Promise<void> {
  return new Promise((stop) => {
    // A pending promise alone doesn't keep the process alive.
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
