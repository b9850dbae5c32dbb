import type { Surroundings } from '../paths.ts';
import type { EntryShape } from './entry-shape.ts';

/** A supported agent, and where and how it stores its MCP servers. */
export interface Client {
  /** Name on the command line. */
  readonly name: string;
  /** Product name. */
  readonly title: string;
  /** URL of its documentation on MCP servers. */
  readonly docs: string;
  readonly format: 'json' | 'toml';
  /** The key of its MCP servers. */
  readonly servers: string;
  /** How an entry specifies its command. */
  readonly shape: EntryShape;
  /** Members that an entry needs in addition to the command. */
  readonly needs: Readonly<Record<string, string | boolean>>;
  /** Members that a new entry gets as well. Values set by the user are kept. */
  readonly defaults?: Readonly<Record<string, readonly string[]>>;
  /** The user's configuration file. */
  userFile(where: Surroundings): string;
  /** The configuration file of a project, relative to it; null if projects have none. */
  readonly projectFile: string | null;
  /** Another extension that the client also reads, in place of `.json`. */
  readonly otherEnding?: string;
  /** When it starts the hub: for the user's file, and for a project's (null if projects have none). */
  readonly starts: { readonly user: string; readonly project: string | null };
}
