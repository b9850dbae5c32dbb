import type { JsonObject } from '../../machines/model.ts';
import type { Client } from './client.ts';
import type { Entry } from './entry-shape.ts';

/** The name of the hub's entry in a configuration. */
export const ENTRY_NAME = 'signalbox';

/**
 * The members that make an entry start the hub. The options that a `known` entry gives to the hub are kept; its members
 * that are not returned here stay unchanged.
 */
export function membersOf(client: Client, entry: Entry, known: JsonObject = {}): JsonObject {
  const missing = Object.entries(client.defaults ?? {}).filter(([key]) => !(key in known));
  const wanted = withOptionsOf(client.shape.read(known), entry);
  return { ...client.needs, ...client.shape.write(wanted), ...Object.fromEntries(missing) };
}

/** The entry, with the options that the user added to the known one. */
function withOptionsOf(known: Entry | null, entry: Entry): Entry {
  const verb = known?.args.indexOf('hub') ?? -1;
  if (known === null || verb === -1) return entry;
  return { ...entry, args: [...entry.args, ...known.args.slice(verb + 1)] };
}
