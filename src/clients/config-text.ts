import type { JsonObject } from '../../machines/model.ts';

/** Stands for a value that is not shown. */
export const MASK = '•••';

/** What a client's configuration says of servers, as one of its formats. */
export interface ConfigText {
  /** All that it says. Throws {@link ConfigError} for a text that must not be touched, and says where it is broken. */
  read(text: string, servers: string): JsonObject;
  /** The text with these members in `servers.name`; the rest of it, comments included, as it was. */
  set(text: string, servers: string, name: string, members: JsonObject): string;
  /** The text without `servers.name`, and without `servers` when nothing else is in it. */
  remove(text: string, servers: string, name: string): string;
  /** The text with {@link MASK} for every comment, and for every string, number and date whose path `isShown` denies. */
  mask(text: string, isShown: (path: readonly string[]) => boolean): string;
}
