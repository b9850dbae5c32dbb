import { LONGEST_DELAY } from '../../machines/backoff.ts';
import type { Failure } from '../../machines/model.ts';
import { findConfigs } from '../clients/find-configs.ts';
import type { Config } from '../config/config.ts';
import type { DoctorInput } from '../doctor/examine.ts';
import { findStale } from '../doctor/stale.ts';
import { createLogger } from '../log.ts';
import {
  defaultInstancesDirectories,
  hubsDirectories,
  ownInstancesDirectory,
  type Surroundings,
} from '../paths.ts';
import { Redaction } from '../redaction.ts';
import { distinctDirectories } from '../registration/distinct-directories.ts';
import { VERSION } from '../version.ts';
import { instanceContexts } from '../views/selectors.ts';
import { startHub } from './start-hub.ts';
import { untilSettled } from './until-settled.ts';

/**
 * What the checks of `doctor` look at: the state in which a hub with this configuration finds this machine. Changes nothing
 * on it.
 */
export async function doctorInputOf(config: Config, where: Surroundings): Promise<DoctorInput> {
  const { instancesDirs } = config;
  const naming = { isNamed: instancesDirs !== null };
  const directories = await distinctDirectories(
    instancesDirs ?? defaultInstancesDirectories(where),
    naming,
  );
  const { instances, refusals } = await tryInstances(config);
  const hubs = hubsDirectories(where);
  const now = Date.now();
  return {
    where,
    directories,
    areNamed: naming.isNamed,
    instances,
    refusals,
    stale: await findStale({ directories, naming, hubsDirectories: hubs, now }),
    hubsDirectories: hubs,
    writesTo: naming.isNamed ? (directories[0] ?? '') : ownInstancesDirectory(where),
    configs: await findConfigs(where, process.cwd()),
    version: VERSION,
    now,
  };
}

/** Starts a hub, as `list` does, and stops it when it has tried every instance. */
async function tryInstances(config: Config) {
  const hub = await startHub(
    {
      ...config,
      // No instance is dead for so long that its file is deleted.
      policy: { ...config.policy, deadTtl: LONGEST_DELAY },
    },
    createLogger(config.logLevel),
  );
  try {
    await untilSettled(hub, config);
    const instances = instanceContexts(hub.actor.getSnapshot()).map((each) => ({
      registration: each.registration,
      state: each.state ?? 'discovered',
      failure: withoutToken(each.lastFailure, each.registration.token),
    }));
    return { instances, refusals: hub.refusals() };
  } finally {
    await hub.stop();
  }
}

/** Servers quote what they refuse, and reports are shown to others. */
function withoutToken(failure: Failure | null, token: string | null): Failure | null {
  if (failure === null || token === null) return failure;
  const redaction = new Redaction();
  redaction.learn(token);
  return { ...failure, message: String(redaction.clean(failure.message)) };
}
