import { access } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Surroundings } from '../paths.ts';
import { CLIENTS, type Client } from './clients.ts';
import { entryIn, readConfig } from './config-file.ts';

interface Place {
  readonly client: Client;
  readonly file: string;
  /** Not the user's own. */
  readonly isOfProject: boolean;
}

/** A configuration that was found. */
export interface FoundConfig extends Place {
  /** Whether the hub stands in it. */
  readonly hasEntry: boolean;
  /** Why it can't be used, or null. */
  readonly problem: string | null;
}

/** The configurations of known clients: the user's, and those of the project in `directory`. Never rejects. */
export async function findConfigs(
  where: Surroundings,
  directory: string,
): Promise<readonly FoundConfig[]> {
  const places = CLIENTS.flatMap((client) => [
    { client, file: client.userFile(where), isOfProject: false },
    ...(client.projectFile === null
      ? []
      : [{ client, file: join(directory, client.projectFile), isOfProject: true }]),
  ]);
  const found = await Promise.all(places.map(look));
  return found.filter((each) => each !== null);
}

async function look({ client, file, isOfProject }: Place): Promise<FoundConfig | null> {
  const place = { client, file, isOfProject };
  try {
    const text = await readConfig(file);
    if (text === null) return null;
    const entry = entryIn(client, text);
    if (entry === null) return { ...place, hasEntry: false, problem: null };
    const { command, args } = entry;
    const first: unknown = Array.isArray(args) ? args[0] : undefined;
    const missing = [];
    for (const path of [command, first]) {
      if (typeof path === 'string' && isAbsolute(path) && !(await exists(path))) missing.push(path);
    }
    const problem =
      typeof command !== 'string'
        ? 'its entry has no command'
        : missing.length > 0
          ? `its entry starts what is not there: ${missing.join(', ')}`
          : null;
    return { ...place, hasEntry: true, problem };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { ...place, hasEntry: false, problem: said.replace(`${file}: `, '') };
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
