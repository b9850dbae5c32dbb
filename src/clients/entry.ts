import type { Json, JsonObject } from '../../machines/model.ts';
import { objectOf } from '../wire/json.ts';
import type { Client } from './clients.ts';

/** The name under which the hub stands in a configuration. */
export const ENTRY_NAME = 'signalbox';

/** How a client starts the hub. */
export interface Entry {
  readonly command: string;
  readonly args: readonly string[];
}

/** The members of an entry that are ours; others in it are the user's, and stay. */
export function membersOf(client: Client, entry: Entry): JsonObject {
  return { ...client.needs, command: entry.command, args: entry.args };
}

/** The members, with the options that the user has given the hub in the entry that is there. */
export function withOptionsOf(known: Json | undefined, members: JsonObject): JsonObject {
  const { args } = objectOf(known);
  const verb = Array.isArray(args) ? args.indexOf('hub') : -1;
  if (!Array.isArray(args) || !Array.isArray(members['args']) || verb === -1) return members;
  return { ...members, args: [...members['args'], ...args.slice(verb + 1)] };
}
