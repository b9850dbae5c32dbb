import type { JsonObject } from '../../machines/model.ts';
import type { Client } from './client.ts';
import type { Entry } from './entry-shape.ts';

/** The name under which the hub stands in a configuration. */
export const ENTRY_NAME = 'signalbox';

/**
 * The members that make an entry start the hub. Of a `known` entry the options given to the hub stay, and so does every
 * member that is not named here.
 */
export function membersOf(client: Client, entry: Entry, known: JsonObject = {}): JsonObject {
  const missing = Object.entries(client.defaults ?? {}).filter(([key]) => !(key in known));
  const wanted = withOptionsOf(client.shape.read(known), entry);
  return { ...client.needs, ...client.shape.write(wanted), ...Object.fromEntries(missing) };
}

/** The entry with the options that the user has given the hub in the entry that is there. */
function withOptionsOf(known: Entry | null, entry: Entry): Entry {
  const verb = known?.args.indexOf('hub') ?? -1;
  if (known === null || verb === -1) return entry;
  return { ...entry, args: [...entry.args, ...known.args.slice(verb + 1)] };
}
