/** The seed of every run, so that tests fail because of changes and not by chance. */
const SEED = 20_261_123;

/**
 * How properties are run. Set the printed `PROPERTY_SEED=… PROPERTY_PATH=…` to reproduce a failure.
 * `PROPERTY_SEED=random` and `PROPERTY_RUNS=…` search further.
 */
export function propertyParameters(numRuns: number) {
  const { PROPERTY_SEED: seed, PROPERTY_PATH: path, PROPERTY_RUNS: runs } = process.env;
  return {
    numRuns: runs === undefined ? numRuns : Number(runs),
    seed: seed === 'random' ? Date.now() % 2 ** 31 : Number(seed ?? SEED),
    ...(path === undefined ? {} : { path }),
    endOnFailure: path !== undefined,
    verbose: 1 as const,
  };
}
