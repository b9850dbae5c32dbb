import { join } from 'node:path';
import type { Surroundings } from '../paths.ts';
import { entryIn } from './change.ts';
import type { Client } from './client.ts';
import { readConfig } from './config-file.ts';
import type { ConfigPlace } from './config-place.ts';

/**
 * Where the user's configuration of a client is or, with `project`, that of the project; null when projects have none. Of
 * a client that reads files of two endings: the one with the hub's entry, else the one that is there. Never rejects.
 */
export async function findPlace(
  client: Client,
  where: Surroundings,
  project: string | null,
): Promise<ConfigPlace | null> {
  if (project !== null && client.projectFile === null) return null;
  const file = project === null ? client.userFile(where) : join(project, client.projectFile ?? '');
  const { otherEnding } = client;
  if (otherEnding === undefined) return { file, project };
  const places = [
    { file: file.replace(/\.json$/, otherEnding), project },
    { file, project },
  ];
  const found = await Promise.all(places.map((place) => look(client, place)));
  const best = found.indexOf('entry') === -1 ? found.indexOf('file') : found.indexOf('entry');
  return places[best] ?? { file, project };
}

async function look(client: Client, place: ConfigPlace): Promise<'entry' | 'file' | 'nothing'> {
  try {
    const text = await readConfig(place);
    if (text === null) return 'nothing';
    return entryIn(client, text) === null ? 'file' : 'entry';
  } catch {
    return 'file';
  }
}
