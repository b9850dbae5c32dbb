import type { JsonObject } from '../../machines/model.ts';

/** Shown in place of a masked value. */
export const MASK = '•••';

/** Reads and edits the servers in a configuration of one format. */
export interface ConfigText {
  /** Parses the configuration. Throws {@link ConfigError}, with the position, if it is invalid. */
  read(text: string, servers: string): JsonObject;
  /** Returns the text with these members in `servers.name`, and everything else unchanged, including comments. */
  set(text: string, servers: string, name: string, members: JsonObject): string;
  /** Returns the text without `servers.name`, and without `servers` if that is empty then. */
  remove(text: string, servers: string, name: string): string;
  /** Returns the text with {@link MASK} in place of comments, and of strings, numbers and dates unless `isShown` accepts their path. */
  mask(text: string, isShown: (path: readonly string[]) => boolean): string;
}
