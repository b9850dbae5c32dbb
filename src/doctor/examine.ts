import { checkClients } from './clients.ts';
import { checkDirectories, type Directories } from './directories.ts';
import type { Finding } from './finding.ts';
import { checkHubs, type RunningHubs } from './hubs.ts';
import { checkInstances } from './instances.ts';
import { checkRefusedFiles } from './refused-files.ts';
import { checkStale } from './stale.ts';
import { checkWatching } from './watching.ts';

/** The input of all checks. Each check's parameter type says which part it needs. */
export type DoctorInput = Directories &
  RunningHubs &
  Parameters<typeof checkRefusedFiles>[0] &
  Parameters<typeof checkInstances>[0] &
  Parameters<typeof checkStale>[0] &
  Parameters<typeof checkClients>[0];

type Check = (input: DoctorInput) => readonly Finding[] | Promise<readonly Finding[]>;

/** The checks, in the order in which their findings are shown. */
const CHECKS: readonly Check[] = [
  checkDirectories,
  checkWatching,
  checkRefusedFiles,
  checkStale,
  checkInstances,
  checkHubs,
  checkClients,
];

/** Runs all checks in order. Changes nothing. */
export async function examine(input: DoctorInput): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of CHECKS) findings.push(...(await check(input)));
  return findings;
}
