import { LONGEST_DELAY } from '../../machines/backoff.ts';
import { findConfigs } from '../clients/find-configs.ts';
import type { Config } from '../config/config.ts';
import type { DoctorInput } from '../doctor/examine.ts';
import type { DiagnosedInstance } from '../doctor/instances.ts';
import { findStale } from '../doctor/stale.ts';
import {
  defaultInstancesDirectories,
  hubsDirectories,
  ownInstancesDirectory,
  type Surroundings,
} from '../paths.ts';
import { distinctDirectories } from '../registration/distinct-directories.ts';
import { processGone } from '../registration/process-gone.ts';
import { parseRegistration } from '../registration/schema.ts';
import { readFile } from '../registration/sources/read-file.ts';
import { VERSION } from '../version.ts';
import { agentsOf, type SeenInstance } from './seen-instance.ts';
import { SeenInstances } from './seen-instances.ts';

/**
 * Collects the input of `doctor`'s checks: what the running hubs see or, with `probe` or if no hub runs, what a hub with
 * this configuration finds. Changes nothing on the machine.
 */
export async function doctorInputOf(
  config: Config,
  where: Surroundings,
  probe: boolean,
): Promise<DoctorInput> {
  const { instancesDirs } = config;
  const naming = { isNamed: instancesDirs !== null };
  const directories = await distinctDirectories(
    instancesDirs ?? defaultInstancesDirectories(where),
    naming,
  );
  const looked = await lookAtInstances(config, where, probe);
  const hubs = hubsDirectories(where);
  const now = Date.now();
  return {
    where,
    directories,
    areNamed: naming.isNamed,
    ...looked,
    stale: await findStale({ directories, naming, hubsDirectories: hubs, now }),
    hubsDirectories: hubs,
    writesTo: naming.isNamed ? (directories[0] ?? '') : ownInstancesDirectory(where),
    configs: await findConfigs(where, process.cwd()),
    version: VERSION,
    now,
  };
}

/** What the running hubs see or, if none runs, what a temporary hub finds. */
async function lookAtInstances(config: Config, where: Surroundings, probe: boolean) {
  const seen = await SeenInstances.open({
    config: {
      ...config,
      // The temporary hub must not delete the files of dead instances.
      policy: { ...config.policy, deadTtl: LONGEST_DELAY },
    },
    where,
    probe,
  });
  try {
    await seen.settled();
    return {
      instances: await Promise.all(seen.rows().map(diagnosed)),
      refusals: seen.refusals(),
      agents: new Map(seen.hubs().map((hub) => [hub.facts.pid, agentsOf(hub)])),
    };
  } finally {
    await seen.close();
  }
}

async function diagnosed(row: SeenInstance): Promise<DiagnosedInstance> {
  return { ...row, isProcessGone: processGone({ pid: row.pid, processStart: await startOf(row) }) };
}

/** When the process of an instance started according to its file, or null. */
async function startOf({ origin }: SeenInstance): Promise<string | null> {
  const found = await readFile(origin.file, undefined);
  if (found.kind !== 'read') return null;
  const parsed = parseRegistration(found.bytes);
  return 'registration' in parsed ? parsed.registration.processStart : null;
}
