import { access } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Surroundings } from '../paths.ts';
import { entryIn } from './change.ts';
import type { Client } from './client.ts';
import { CLIENTS } from './clients.ts';
import { readConfig } from './config-file.ts';
import type { ConfigPlace } from './config-place.ts';
import { findPlace } from './find-place.ts';

/** An existing configuration. */
export interface FoundConfig {
  readonly client: Client;
  readonly file: string;
  /** Whether it is a project's configuration rather than the user's. */
  readonly isOfProject: boolean;
  /** Whether it has an entry for the hub. */
  readonly hasEntry: boolean;
  /** Why it can't be used, or null. */
  readonly problem: string | null;
}

/** Finds the configurations of all supported clients: the user's, and those of the project in `directory`. Never rejects. */
export async function findConfigs(
  where: Surroundings,
  directory: string,
): Promise<readonly FoundConfig[]> {
  const found = await Promise.all(
    CLIENTS.flatMap((client) =>
      [null, directory].map(async (project) => {
        const place = await findPlace(client, where, project);
        return place === null ? null : inspect(client, place);
      }),
    ),
  );
  return found.filter((each) => each !== null);
}

async function inspect(client: Client, place: ConfigPlace): Promise<FoundConfig | null> {
  const { file, project } = place;
  const facts = { client, file, isOfProject: project !== null };
  try {
    const text = await readConfig(place);
    if (text === null) return null;
    const members = entryIn(client, text);
    if (members === null) return { ...facts, hasEntry: false, problem: null };
    const entry = client.shape.read(members);
    if (entry === null) return { ...facts, hasEntry: true, problem: 'its entry has no command' };
    const missing = [];
    for (const path of [entry.command, entry.args[0]]) {
      if (path !== undefined && isAbsolute(path) && !(await exists(path))) missing.push(path);
    }
    const problem =
      missing.length > 0
        ? `its entry starts a file that doesn't exist: ${missing.join(', ')}`
        : null;
    return { ...facts, hasEntry: true, problem };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ...facts, hasEntry: false, problem: message.replace(`${file}: `, '') };
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
