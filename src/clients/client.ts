import type { Surroundings } from '../paths.ts';
import type { EntryShape } from './entry-shape.ts';

/** An agent whose configuration is known. */
export interface Client {
  /** As it is typed. */
  readonly name: string;
  /** As its makers call it. */
  readonly title: string;
  /** Where its makers document what is said here. */
  readonly docs: string;
  readonly format: 'json' | 'toml';
  /** The key under which its MCP servers stand. */
  readonly servers: string;
  /** How an entry names its command. */
  readonly shape: EntryShape;
  /** What an entry must have beside the command. */
  readonly needs: Readonly<Record<string, string | boolean>>;
  /** What a new entry gets beside that; the user's own value stays. */
  readonly defaults?: Readonly<Record<string, readonly string[]>>;
  /** The user's configuration file. */
  userFile(where: Surroundings): string;
  /** The file of a project, relative to it; null when projects have none. */
  readonly projectFile: string | null;
  /** Another ending that the client reads as well, in place of `.json`. */
  readonly otherEnding?: string;
  /** When it starts the hub: one sentence for the user's file, one for a project's (null when projects have none). */
  readonly starts: { readonly user: string; readonly project: string | null };
}
