import { join } from 'node:path';
import type { Surroundings } from '../paths.ts';
import { entryIn } from './change.ts';
import type { Client } from './client.ts';
import { readConfig } from './config-file.ts';
import type { ConfigPlace } from './config-place.ts';

/**
 * The location of a client's user configuration or, with `project`, of the project's; null if projects have none. If the
 * client reads two extensions, prefers the file with the hub's entry, then an existing file. Never rejects.
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
  const found = await Promise.all(places.map((place) => inspect(client, place)));
  const best = found.indexOf('entry') === -1 ? found.indexOf('file') : found.indexOf('entry');
  return places[best] ?? { file, project };
}

async function inspect(client: Client, place: ConfigPlace): Promise<'entry' | 'file' | 'nothing'> {
  try {
    const text = await readConfig(place);
    if (text === null) return 'nothing';
    return entryIn(client, text) === null ? 'file' : 'entry';
  } catch {
    return 'file';
  }
}
